package session

import "time"

// rateWindow is the time over which a rate is taken.
const rateWindow = 3 * time.Second

// rateMeter measures bytes a second over a sliding window. It keeps a mark every hundredth of that, so
// that it takes the same memory at any rate.
type rateMeter struct {
	marks []rateMark // in order of time, the first at the window's beginning or before it
	last  rateMark
}

type rateMark struct {
	at    time.Time
	bytes int64
}

// add notes how many bytes there are now. Fewer than before mean that the count began anew.
func (m *rateMeter) add(now time.Time, bytes int64) {
	if len(m.marks) > 0 && bytes < m.last.bytes {
		m.marks = m.marks[:0]
	}
	m.last = rateMark{now, bytes}
	if n := len(m.marks); n == 0 || now.Sub(m.marks[n-1].at) >= rateWindow/100 {
		m.marks = append(m.marks, m.last)
	}
	old := 0
	for old+1 < len(m.marks) && now.Sub(m.marks[old+1].at) >= rateWindow {
		old++
	}
	if old > 0 {
		m.marks = append(m.marks[:0], m.marks[old:]...)
	}
}

// rate gives the bytes a second of the window that ends with the last add; 0 where no time has passed.
func (m *rateMeter) rate() float64 {
	if len(m.marks) == 0 {
		return 0
	}
	first := m.marks[0]
	took := m.last.at.Sub(first.at).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(m.last.bytes-first.bytes) / took
}
