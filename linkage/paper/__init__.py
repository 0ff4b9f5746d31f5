"""纸面: what is printed, so that work goes on by hand: the board, the open orders, one incident."""
