package view

import (
	"strings"
	"sync/atomic"
	"time"

	"coapscope/protocol"
	"coapscope/ui/keep"
)

// HistoryList is the requests that were sent, the newest first, or those of them that are searched for. Rows are made
// for what is in sight.
type HistoryList struct {
	bench *Workbench
	store *keep.History

	search  string
	running *atomic.Bool // the search that is under way, to stop it; nil for none
	again   bool         // it has to be made again, as there is something new
	found   []uint64     // IDs, the newest first
}

// HistoryRow is a row of the history.
type HistoryRow struct {
	ID          uint64
	Time        string // of the day, with the date where that is another
	Method      string
	URI         string
	Path        string // of the URI, for where there is little room
	Code        string // "2.05", "✖" for a failure, "…" for one whose answer is not there yet
	CodeConcept Concept
	RTT         string
	Size        string
}

func (h *HistoryList) show(store *keep.History) {
	h.store = store
	h.SetSearch(h.search)
}

// Total is the number of all entries.
func (h *HistoryList) Total() int { return h.store.Len() }

// Ready tells whether the history has been read.
func (h *HistoryList) Ready() bool { return h.store.Ready() }

// Search gives what is searched for.
func (h *HistoryList) Search() string { return h.search }

// Searching tells whether a search is under way.
func (h *HistoryList) Searching() bool { return h.running != nil }

// Len is the number of rows.
func (h *HistoryList) Len() int {
	if h.search == "" {
		return h.store.Len()
	}
	return len(h.found)
}

// ID gives the entry of a row; 0 for none.
func (h *HistoryList) ID(row int) uint64 {
	if r, ok := h.row(row); ok {
		return r.ID
	}
	return 0
}

func (h *HistoryList) row(row int) (keep.Row, bool) {
	if h.search == "" {
		return h.store.Row(row)
	}
	if row < 0 || row >= len(h.found) {
		return keep.Row{}, false
	}
	return h.store.ByID(h.found[row])
}

// Row gives a row; an empty one where there is none any more.
func (h *HistoryList) Row(row int, now time.Time) HistoryRow {
	r, ok := h.row(row)
	if !ok {
		return HistoryRow{}
	}
	return historyRow(&r, now)
}

// Latest gives the newest entries, whatever is searched for.
func (h *HistoryList) Latest(n int, now time.Time) (rows []HistoryRow) {
	for i := range n {
		r, ok := h.store.Row(i)
		if !ok {
			break
		}
		rows = append(rows, historyRow(&r, now))
	}
	return rows
}

func historyRow(r *keep.Row, now time.Time) HistoryRow {
	row := HistoryRow{
		ID: r.ID, Time: r.Asked.Format(time.TimeOnly), Method: MethodText(r.Method), URI: r.URI,
		Path: pathOf(r.URI),
	}
	if y, m, d := r.Asked.Date(); now.Sub(r.Asked) > 24*time.Hour || now.Day() != d || now.Month() != m || now.Year() != y {
		row.Time = r.Asked.Format("2006-01-02 15:04")
	}
	switch r.State {
	case keep.Answered:
		row.Code, row.CodeConcept = r.Code.Dotted(), Error
		switch {
		case r.Code == protocol.Empty: // of a ping, or because no response was asked for
			row.Code, row.CodeConcept = "✓", Good
		case r.Code.Class() == 2:
			row.CodeConcept = Good
		}
		if r.Answers > 0 || r.Members > 0 {
			row.Code, row.CodeConcept = groupCount(r.Answers, r.Members), Good
			if r.Answers < r.Members {
				row.CodeConcept = Warning
			}
		}
		row.RTT, row.Size = Duration(r.RTT), Bytes(r.Size)
	case keep.Failed:
		row.Code, row.CodeConcept = "✖", Error
	default:
		row.Code, row.CodeConcept = "…", Warning
	}
	return row
}

// pathOf gives what of a URI is behind the authority.
func pathOf(uri string) string {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		rest = uri
	}
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		return rest[at:]
	}
	return "/"
}

// SetSearch shows the entries only that have all words of a text. They come as they are found.
func (h *HistoryList) SetSearch(text string) {
	h.stop()
	h.search, h.found = text, nil
	if text != "" {
		h.begin(true)
	}
	h.bench.Changed(PartHistory)
}

func (h *HistoryList) stop() {
	if h.running != nil {
		h.running.Store(true)
		h.running = nil
	}
	h.again = false
}

// begin searches, on a goroutine of its own. With stream rows show as they are found; otherwise those that were found
// before stay until all are.
func (h *HistoryList) begin(stream bool) {
	stopped := new(atomic.Bool)
	h.running, h.again = stopped, false
	store, text, inbox := h.store, h.search, h.bench.inbox
	go func() {
		var all []uint64
		store.Search(text, stopped.Load, func(ids []uint64) {
			if !stream {
				all = append(all, ids...)
				return
			}
			inbox.Put(nil, func() {
				if h.running == stopped {
					h.found = append(h.found, ids...)
					h.bench.Changed(PartHistory)
				}
			})
		})
		inbox.Put(nil, func() {
			if h.running != stopped {
				return
			}
			h.running = nil
			if !stream {
				h.found = all
			}
			if h.again {
				h.begin(false)
			}
			h.bench.Changed(PartHistory)
		})
	}()
}

// changed takes that there is something new in the history, or something is gone.
func (h *HistoryList) changed() {
	h.bench.Changed(PartHistory)
	switch {
	case h.search == "":
	case h.running != nil:
		h.again = true
	default:
		h.begin(false)
	}
}

// Delete takes an entry out of the history.
func (h *HistoryList) Delete(id uint64) { h.store.Delete(id) }

// Clear takes all entries out of the history.
func (h *HistoryList) Clear() {
	n := h.store.Len()
	h.store.Clear()
	h.bench.Say(Good, "The history is empty: %s deleted", count(n, "request", "requests"))
}

// Summary says how many entries there are.
func (h *HistoryList) Summary() string {
	switch {
	case !h.Ready():
		return "reading …"
	case h.search == "":
		return Grouped(h.Total())
	case h.Searching() && !h.again && h.found == nil:
		return "searching …"
	}
	return Grouped(len(h.found)) + " of " + Grouped(h.Total())
}
