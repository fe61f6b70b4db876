"""Licences of published tables, and the sentences that they ask for."""

OGL = "Open Government Licence v3.0"
UNSTATED = "none stated; published with a paper, to be cited"

GEOGRAPHY = (
    "Contains OS data © Crown copyright and database right; contains Royal Mail data © Royal Mail "
    "copyright and database right; source: Office for National Statistics licensed under the "
    "Open Government Licence v3.0."
)


def crown(publisher: str) -> str:
    """Return the sentence that the Open Government Licence asks for."""
    return f"Source: {publisher}, licensed under the {OGL}."


ONS = "Office for National Statistics"
MHCLG = "Ministry of Housing, Communities and Local Government"
HOME_OFFICE = "Home Office"
