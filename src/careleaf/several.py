"""stub"""


def name(topics):
    return "+".join(topics)


def parts(name):
    return tuple(name.split("+"))


def merged(library, names, clinic):
    raise ValueError("not yet")
