NAME = 'own'
