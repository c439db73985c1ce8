fetch forward 5000 from roi_rows
