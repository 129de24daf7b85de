-- A page of a region's cases is read along the receipts: a region has a good share of them all.
DROP INDEX case_view_by_region;
