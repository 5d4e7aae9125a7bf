package lint

import "math"

// maxDepth is how deep CBOR is followed; deeper bytes are taken for well-formed.
const maxDepth = 64

// beyond is the end of an item that is deeper: nothing behind it is looked at.
const beyond = math.MaxInt

// cborItem gives the length of the data item that b begins with, and whether it is well-formed (RFC 8949 §3,
// Appendix C). It makes no use of memory besides 64 levels of the stack.
func cborItem(b []byte) (length int, ok bool) {
	end, ok := cborAt(b, 0, 0)
	return min(end, len(b)), ok
}

// cborAt gives the position behind the item at pos.
func cborAt(b []byte, pos, depth int) (end int, ok bool) {
	if pos >= len(b) {
		return 0, false
	}
	if depth > maxDepth {
		return beyond, true
	}
	major, info := b[pos]>>5, b[pos]&31
	pos++
	if info == 31 {
		return cborIndefinite(b, pos, depth, major)
	}
	value := uint64(info)
	switch {
	case info >= 28:
		return 0, false
	case info >= 24:
		n := 1 << (info - 24)
		if len(b)-pos < n {
			return 0, false
		}
		value = 0
		for _, c := range b[pos : pos+n] {
			value = value<<8 | uint64(c)
		}
		pos += n
	}
	items := uint64(0)
	switch major {
	case 2, 3:
		if uint64(len(b)-pos) < value {
			return 0, false
		}
		return pos + int(value), true
	case 4, 5:
		if value > uint64(len(b)) { // an item has a byte at least
			return 0, false
		}
		items = value
		if major == 5 {
			items *= 2
		}
	case 6:
		items = 1
	case 7:
		if info == 24 && value < 32 {
			return 0, false
		}
	}
	for ; items > 0; items-- {
		if pos, ok = cborAt(b, pos, depth+1); !ok || pos == beyond {
			return pos, ok
		}
	}
	return pos, true
}

// cborIndefinite reads an item up to its break.
func cborIndefinite(b []byte, pos, depth int, major byte) (end int, ok bool) {
	if major < 2 || major > 5 {
		return 0, false
	}
	for n := 0; ; n++ {
		if pos >= len(b) {
			return 0, false
		}
		if b[pos] == 0xff {
			return pos + 1, major != 5 || n%2 == 0
		}
		if major <= 3 && (b[pos]>>5 != major || b[pos]&31 == 31) {
			return 0, false // chunks are definite strings of the same kind
		}
		if pos, ok = cborAt(b, pos, depth+1); !ok || pos == beyond {
			return pos, ok
		}
	}
}
