"""OpenDocument files (ODT, ODS, ODP and their templates, zipped or flat), read without Docling.

Docling 2.143 needs odfdo for them and drops notes, running headers, forms, list numbers and the tables of slides.
"""
