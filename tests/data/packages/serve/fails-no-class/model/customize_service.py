print('nothing here')
