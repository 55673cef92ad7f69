"""stub"""


def name(topics):
    return "+".join(topics)


def parts(name):
    return tuple(name.split("+"))
