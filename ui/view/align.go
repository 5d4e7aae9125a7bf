package view

// pair is an element of two lists, or of one of them: then the other index is -1.
type pair struct{ left, right int }

// maxAligned bounds the table of align; what is longer is paired in order.
const maxAligned = 1 << 20

// align pairs the elements of two lists so that as many equal ones as can be stand beside each other, in
// order. Those between them are alone, or paired in order too where they are to stand together.
func align(a, b []string, together bool) (pairs []pair) {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		pairs = append(pairs, pair{head, head})
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	pairs = alignMiddle(pairs, a, b, head, len(a)-tail, len(b)-tail, together)
	for i := tail; i > 0; i-- {
		pairs = append(pairs, pair{len(a) - i, len(b) - i})
	}
	return pairs
}

// alignMiddle pairs a[head:aEnd] with b[head:bEnd] by their longest common subsequence.
func alignMiddle(pairs []pair, a, b []string, head, aEnd, bEnd int, together bool) []pair {
	n, m := aEnd-head, bEnd-head
	i, j := 0, 0 // what is before them is paired
	flush := func(toI, toJ int) {
		for i < toI || j < toJ {
			p := pair{-1, -1}
			if i < toI {
				p.left = head + i
				i++
			}
			if j < toJ && (together || p.left < 0) {
				p.right = head + j
				j++
			}
			pairs = append(pairs, p)
		}
	}
	if n*m <= maxAligned {
		// common[i][j] is the length of the longest common subsequence of a[head+i:] and b[head+j:].
		common := make([]uint16, (n+1)*(m+1))
		at := func(i, j int) *uint16 { return &common[i*(m+1)+j] }
		for x := n - 1; x >= 0; x-- {
			for y := m - 1; y >= 0; y-- {
				if a[head+x] == b[head+y] {
					*at(x, y) = *at(x+1, y+1) + 1
				} else {
					*at(x, y) = max(*at(x+1, y), *at(x, y+1))
				}
			}
		}
		x, y := 0, 0
		for x < n && y < m {
			switch {
			case a[head+x] == b[head+y]:
				flush(x, y)
				pairs = append(pairs, pair{head + x, head + y})
				x, y = x+1, y+1
				i, j = x, y
			case *at(x+1, y) >= *at(x, y+1):
				x++
			default:
				y++
			}
		}
	}
	flush(n, m)
	return pairs
}
