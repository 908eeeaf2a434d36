"""The cuttings library: what finds stories - related articles and the desk's search."""
