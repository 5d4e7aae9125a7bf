package view

import "slices"

// closedTab is a tab that was closed, and where it was.
type closedTab struct {
	tab *Tab
	at  int
}

// maxClosed is how many closed tabs can be had back.
const maxClosed = 10

// CloseTab ends what a tab has open and closes it; the last one is emptied instead.
func (w *Workbench) CloseTab(id string) {
	at := slices.IndexFunc(w.Tabs, func(t *Tab) bool { return t.ID == id })
	if at < 0 {
		return
	}
	t := w.Tabs[at]
	w.stop(t)
	if t.Draft.Address != "" || t.written() || t.kept.file != "" {
		w.closed = append(w.closed, closedTab{t, at})
		w.closed = w.closed[max(0, len(w.closed)-maxClosed):]
	}
	if t.Unsaved() {
		w.Say(Dim, "%s was closed with its changes; %s opens it again", w.Title(t), w.Commands.KeyText(CmdReopenTab))
	}
	w.Tabs = slices.Delete(w.Tabs, at, at+1)
	switch {
	case len(w.Tabs) == 0:
		w.current = 0
		w.NewTab()
	case w.current > at || w.current == len(w.Tabs):
		w.current--
	}
	w.Changed(PartTabs | PartDraft | PartAnswer)
}

// WhyNoClosedTab says why no tab can be opened again; "" where one can.
func (w *Workbench) WhyNoClosedTab() string {
	if len(w.closed) == 0 {
		return "no tab was closed"
	}
	return ""
}

// ReopenTab opens the tab again that was closed last, where it was, with its request and answer. What it had under way
// was ended with it.
func (w *Workbench) ReopenTab() {
	if len(w.closed) == 0 {
		return
	}
	last := w.closed[len(w.closed)-1]
	w.closed = w.closed[:len(w.closed)-1]
	if t := w.Tab(); len(w.Tabs) == 1 && t.Draft.Address == "" && !t.written() { // the empty one that took its place
		w.Tabs = nil
	}
	w.Tabs = slices.Insert(w.Tabs, min(last.at, len(w.Tabs)), last.tab)
	w.chooseTab(last.tab)
}
