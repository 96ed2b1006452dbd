"""The catalogues of wording: which texts there are to translate, and what a catalogue lacks."""
