class Sum(object):
    def predict(self, rows):
        return [sum(row) for row in rows]
