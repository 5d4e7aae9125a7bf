package qblock

import "math/bits"

// blockSet is a set of block numbers. Its memory goes with the highest: 128 KiB at most.
type blockSet struct {
	words []uint64
	count int
	next  uint32 // the lowest number that is not in the set
}

func (s *blockSet) has(n uint32) bool {
	return int(n/64) < len(s.words) && s.words[n/64]>>(n%64)&1 != 0
}

func (s *blockSet) add(n uint32) {
	for int(n/64) >= len(s.words) {
		s.words = append(s.words, 0)
	}
	s.words[n/64] |= 1 << (n % 64)
	s.count++
	if n == s.next {
		s.next = s.lack(n)
	}
}

// lack gives the lowest number from n on that is not in the set.
func (s *blockSet) lack(n uint32) uint32 {
	for int(n/64) < len(s.words) {
		if free := ^s.words[n/64] >> (n % 64); free != 0 {
			return n + uint32(bits.TrailingZeros64(free))
		}
		n = n/64*64 + 64
	}
	return n
}

// memory is a sink in memory.
type memory struct{ data []byte }

func (m *memory) WriteAt(b []byte, offset int64) (int, error) {
	if end := int(offset) + len(b); end > len(m.data) {
		m.data = append(m.data, make([]byte, end-len(m.data))...)
	}
	return copy(m.data[offset:], b), nil
}

func (m *memory) Truncate(size int64) error {
	if size == 0 {
		m.data = nil
	}
	m.data = m.data[:min(size, int64(len(m.data)))]
	return nil
}
