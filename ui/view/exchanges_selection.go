package view

import (
	"coapscope/session/trace"
)

// selectedRow gives the row to be marked while a frame is selected; -1 for none. An exchange that was selected as a
// whole stays so, although its first frame is selected with it.
func (x *Exchanges) selectedRow(s trace.Seq) int {
	if s != x.shown {
		entry, ok := x.entryOf(s)
		x.shown, x.selected, x.frameOnly = s, 0, false
		if ok {
			x.selected, x.frameOnly = entry+1, true
		}
	}
	if x.selected == 0 {
		return -1
	}
	if x.frameOnly {
		return x.RowOf(s)
	}
	return x.row(x.selected - 1)
}

// newest gives the newest frame of the transfer that is selected as a whole and goes on; 0 for none.
func (x *Exchanges) newest(selected trace.Seq) trace.Seq {
	if x.shown != selected || x.selected == 0 || x.frameOnly {
		return 0
	}
	tr, ok := x.t.tracker.Transfer(x.entries[x.selected-1].transfer)
	if !ok || !x.isOpen(&tr) {
		return 0
	}
	return trace.Seq(tr.LastFrame)
}

// SelectExchange selects a row of the table, and with it its frame.
func (w *Workbench) SelectExchange(row int) {
	x := w.Traffic.exchanges
	p := x.at(row)
	s := x.Seq(row)
	if s == 0 {
		return
	}
	x.shown, x.selected, x.frameOnly = s, p.entry+1, p.kind == frameRow
	w.SelectFrame(s)
}

// SelectedExchange gives the row of the table that is selected; -1 for none.
func (w *Workbench) SelectedExchange() int { return w.Traffic.exchanges.selectedRow(w.selected) }

// CancelExchange ends what a tab has open that a row of the table stands for. It tells whether there is one.
func (w *Workbench) CancelExchange(row int) bool {
	t := w.ownerOf(row)
	if t == nil {
		return false
	}
	w.cancelTab(t)
	w.Changed(PartAnswer | PartTabs | PartPackets)
	return true
}

// CanCancelExchange tells whether a tab has something open that a row of the table stands for.
func (w *Workbench) CanCancelExchange(row int) bool { return w.ownerOf(row) != nil }

// ownerOf gives the tab that has the exchange of a row open; nil for none.
func (w *Workbench) ownerOf(row int) *Tab {
	x := w.Traffic.exchanges
	p := x.at(row)
	if w.Traffic != w.live || p.kind != entryRow && p.kind != frameRow {
		return nil
	}
	for _, t := range w.Tabs {
		if t.State == TabIdle || t.Last == nil {
			continue
		}
		if entry, ok := x.entryOf(t.Last.Frame); ok && entry == p.entry {
			return t
		}
	}
	return nil
}
