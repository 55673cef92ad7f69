"""Two standards in one file: PDF/A writes the XMP packet, and PDF/UA-1 is declared beside it.

PDF/A forbids properties that it does not know, so the packet also carries the description of the
PDF/UA identification schema (ISO 19005-3, 6.6.2.3; ISO 14289-1, 5).
"""

from typing import Any, Final

_UA: Final = b"""
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
"""


def declare_ua(metadata: Any) -> None:  # noqa: ANN401 # WeasyPrint carries no types
    """Have a document's metadata declare PDF/UA-1 beside the standard that WeasyPrint writes."""
    generate = metadata.generate_rdf_metadata

    def generate_both(*identification: object) -> bytes:
        head, end, tail = generate(*identification).rpartition(b"</rdf:RDF>")
        return bytes(head + _UA + end + tail)

    metadata.generate_rdf_metadata = generate_both
