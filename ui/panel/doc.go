// Package panel is the regions of the window, one file a panel. A panel draws a view-model and passes
// the user's gestures on; it decides nothing.
package panel
