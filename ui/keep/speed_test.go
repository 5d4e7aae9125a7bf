package keep

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// fill makes a history of n entries in a folder.
func fill(t testing.TB, folder string, n int) {
	t.Helper()
	h := openHistory(filepath.Join(folder, "history.db"), DefaultLimits, func(err error) { t.Error(err) }, nil)
	for from := 0; from < n; from += 5000 {
		for i := from; i < min(from+5000, n); i++ {
			e := sample(i)
			e.Message.Payload = fmt.Appendf(nil, `{"t": %d.5, "u": "Cel", "n": "urn:dev:ow:10e2073a01080063", "words": "some words of a payload"}`, i)
			h.Add(e)
		}
		for r, _ := h.Row(0); !h.Durable(r.ID); { // else the oldest would have to go
			time.Sleep(5 * time.Millisecond)
		}
	}
	h.Close()
}

// fastest gives the shortest of some runs.
func fastest(runs int, do func()) time.Duration {
	best := time.Duration(1 << 62)
	for range runs {
		start := time.Now()
		do()
		best = min(best, time.Since(start))
	}
	return best
}

// With a hundred times as many entries, rows take no longer than a little more; a search and the list take as much
// longer as there are more.
func TestLargeHistory(t *testing.T) {
	many := 100_000
	if testing.Short() {
		many = 20_000
	}
	few := many / 100
	type times struct{ open, search, rows, add, get time.Duration }
	measure := func(n int) (m times) {
		folder := t.TempDir()
		fill(t, folder, n)
		var h *History
		m.open = fastest(1, func() {
			h = openHistory(filepath.Join(folder, "history.db"), DefaultLimits, func(err error) { t.Error(err) }, nil)
			for !h.Ready() {
				time.Sleep(time.Millisecond / 4)
			}
		})
		defer h.Close()
		if h.Len() != n {
			t.Fatalf("%d entries of %d", h.Len(), n)
		}
		m.search = fastest(5, func() {
			found := 0
			h.Search("put words 77.5 nothing-of-that", func() bool { return false }, func(ids []uint64) { found += len(ids) })
			if found != 0 {
				t.Fatal(found)
			}
		})
		m.rows = fastest(20, func() {
			for i := range 1000 {
				if _, ok := h.Row(i * (n / 1000)); !ok {
					t.Fatal(i)
				}
			}
		})
		m.get = fastest(20, func() {
			r, _ := h.Row(n / 2)
			if _, err := h.Get(r.ID); err != nil {
				t.Fatal(err)
			}
		})
		m.add = fastest(20, func() { h.Add(sample(n)) })
		return m
	}
	a, b := measure(few), measure(many)
	t.Logf("%d entries: open %v, search %v, 1000 rows %v, one entry %v, add %v", few, a.open, a.search, a.rows, a.get, a.add)
	t.Logf("%d entries: open %v, search %v, 1000 rows %v, one entry %v, add %v", many, b.open, b.search, b.rows, b.get, b.add)
	if b.rows > 10*a.rows+time.Millisecond {
		t.Errorf("1000 rows take %v of many entries and %v of few", b.rows, a.rows)
	}
	if b.search > 1000*a.search {
		t.Errorf("a search takes %v in many entries and %v in few", b.search, a.search)
	}
}
