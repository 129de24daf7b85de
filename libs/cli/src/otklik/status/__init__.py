"""`otklik status`: what is wrong and what waits because of it, what runs, how the cases stand."""
