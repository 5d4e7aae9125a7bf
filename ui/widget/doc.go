// Package widget is what the window is made of: the palette and theme, the painter, and the widgets that panels
// arrange.
//
// Nearly everything that shows protocol data is drawn by a [Painter] into one [Sheet], because the toolkit's own
// lists do not carry a million rows and its texts do not line up to the pixel. A sheet is a single raster; what it
// says is recorded while it draws, as a [Snapshot] of spans of text with their places. Tests read the snapshot, Copy
// copies from it, and [Spans] gathers the snapshots of a whole window in window coordinates.
//
// Lengths are logical units: what one would write at zoom 1 on a screen of scale 1. The painter multiplies by the
// device scale and by the theme's zoom, so drawing code writes 22 for a row and means it everywhere.
//
// All of it belongs to the toolkit's main goroutine.
package widget
