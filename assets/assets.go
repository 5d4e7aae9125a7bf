// Package assets holds what is built into the program besides code.
package assets

import _ "embed"

// Icon is the program's icon, as SVG.
//
//go:embed icon.svg
var Icon []byte
