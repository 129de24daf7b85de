// Offers the position of the device where there is one; without it the form works by words and by the map.
(() => {
  const place = document.getElementById("position");
  const chosen = document.getElementById("chosen");
  if (!place || !chosen || !navigator.geolocation || !window.isSecureContext) return;
  const button = place.querySelector("button");
  place.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      (found) => {
        button.disabled = false;
        const [lat, lon] = [found.coords.latitude.toFixed(5), found.coords.longitude.toFixed(5)];
        document.getElementById("lat").value = lat;
        document.getElementById("lon").value = lon;
        document.getElementById("zoom").value = "3";
        chosen.textContent = place.dataset.found;
        for (const map of document.querySelectorAll(".map input")) {
          const source = new URL(map.src);
          for (const [name, value] of [["lat", lat], ["lon", lon], ["zoom", "3"]]) source.searchParams.set(name, value);
          map.src = source.href;
        }
      },
      () => {
        button.disabled = false;
        chosen.textContent = place.dataset.none;
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
})();
