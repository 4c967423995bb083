"""The one model of the bench, which every server calls: a small linear model in plain Python."""

WEIGHTS = ((0.1, -0.2, 0.3, 0.4), (-0.5, 0.6, 0.7, -0.8), (0.9, 1.0, -1.1, 1.2))


def scores(rows):
    return [[sum(w * x for w, x in zip(weights, row)) for weights in WEIGHTS] for row in rows]
