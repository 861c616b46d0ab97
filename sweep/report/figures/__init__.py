"""What figures share: style, fonts, scales, layout, labels and names of points."""
