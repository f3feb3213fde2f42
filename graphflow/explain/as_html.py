"""x"""


def as_html(e: object) -> str:
    return ""
