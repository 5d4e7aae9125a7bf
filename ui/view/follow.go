package view

import (
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/ui/draft"
)

// Action is something to do next with an answer, or to know of it.
type Action struct {
	ID    string // the same for the same action in every answer
	Title string
	Hint  string // what it does and why, with the clause
	Do    func() // nil for what is only to know, or has a Menu
	Menu  []Action
}

// Open puts a GET of a URI into a request tab and sends it: in the tab that shows it already, else the current one,
// unless that has something the user would miss. With apart it is a new tab.
func (w *Workbench) Open(uri string, apart bool) {
	if w.goTo(uri, apart) {
		w.Send()
	}
}

// goTo does that without sending, and tells whether it may be sent: not where the tab observes it.
func (w *Workbench) goTo(address string, apart bool) bool {
	shows := func(t *Tab) bool { return t.Draft.Address == address && !t.written() }
	t := w.Tab()
	if i := slices.IndexFunc(w.Tabs, shows); !apart && !shows(t) && i >= 0 {
		t, w.current = w.Tabs[i], i
		w.Changed(PartTabs | PartDraft | PartAnswer)
	}
	if !apart && shows(t) {
		return t.State != TabObserving
	}
	kind := t.Draft.Type
	if apart || t.State == TabObserving || t.written() {
		t = w.NewTab()
	}
	w.stop(t)
	t.Draft = draft.Draft{Method: protocol.GET, Address: address, Type: kind}
	t.Answer, t.Problems, t.Progress = nil, nil, nil
	w.Changed(PartTabs | PartDraft | PartAnswer)
	return true
}

// again gives what asks once more with a changed request: in the current tab, or in a new one where the user has
// written something else there since, or observes.
func (w *Workbench) again(q *question, change func(*draft.Draft), send func()) func() {
	return func() {
		d := q.draft.Clone()
		change(&d)
		t := w.Tab()
		if t.State == TabObserving || !t.Draft.Equal(q.draft) {
			t = w.NewTab()
		}
		t.Draft = d
		w.Changed(PartBar | PartTabs | PartDraft | PartAnswer)
		if send != nil {
			send()
		}
	}
}

// reference resolves what an answer to the URI base refers to, and gives it as a URI of CoAP without fragment; false
// where it is none (RFC 3986 §5.2).
func reference(base protocol.URI, text string) (string, bool) {
	if text, _, _ = strings.Cut(text, "#"); text == "" {
		return "", false
	}
	target, _, err := linkformat.Link{Target: text}.Resolve(base.String())
	if err != nil && target == "" {
		return "", false
	}
	u, err := protocol.ParseURI(target)
	return u.String(), err == nil
}

// location is where the Location options of an answer lead: an absolute path at the host that was asked (RFC 7252
// §5.10.7).
func (a *Answer) location() (string, bool) {
	o := a.Message.Options
	if a.question == nil || !o.Has(protocol.LocationPath) && !o.Has(protocol.LocationQuery) {
		return "", false
	}
	u := a.question.uri
	u.Path, u.Query = o.Strings(protocol.LocationPath), o.Strings(protocol.LocationQuery)
	if slices.Contains(u.Path, ".") || slices.Contains(u.Path, "..") {
		return "", false // which it must not have
	}
	return u.String(), true
}

// Follow gives where an option of the answer leads; false for nowhere.
func (a *Answer) Follow(n protocol.OptionNumber) (uri string, ok bool) {
	if n != protocol.LocationPath && n != protocol.LocationQuery {
		return "", false
	}
	return a.location()
}
