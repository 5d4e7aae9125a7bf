package lint

import (
	"slices"
	"testing"
)

// What lies too deep to be followed is no fault, whatever comes after it.
func TestCBORTooDeepIsNoFault(t *testing.T) {
	deep := append(slices.Repeat([]byte{0x82}, 100), slices.Repeat([]byte{0x01}, 101)...)
	maps := append(slices.Repeat([]byte{0xbf, 0x01}, 100), slices.Concat([]byte{0x01}, slices.Repeat([]byte{0xff}, 100))...)
	for name, b := range map[string][]byte{"arrays": deep, "maps": maps} {
		if n, ok := cborItem(b); !ok || n != len(b) {
			t.Errorf("%s: length %d of %d, well-formed %v", name, n, len(b), ok)
		}
	}
	for name, b := range map[string][]byte{"cut off": {0x82, 0x01}, "reserved": {0x1c}, "odd map": {0xbf, 0x01, 0xff}} {
		if n, ok := cborItem(b); ok {
			t.Errorf("%s: taken for well-formed, length %d", name, n)
		}
	}
}
