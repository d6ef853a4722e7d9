"""The HTML of the page: from what views and records say, by the elements of the export."""
