package view

import (
	"slices"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// ExchangeChoice tells which exchanges the table shows.
type ExchangeChoice uint8

const (
	AllExchanges       ExchangeChoice = iota
	OpenExchanges                     // those that the engine waits for
	FailedExchanges                   // without an answer, or with one that is an error
	ObservingExchanges                // registrations, with all that came of them
)

// choice is what is chosen of the table: by its own tabs, and by the filter for packets, of which one has to pass.
type choice struct {
	of     ExchangeChoice
	hits   []uint32 // by entry, its frames that pass the filter, if there is one
	list   []uint32 // entries that are shown, in order, unless all are
	tried  int      // entries that were tried for list
	shifts int      // how often something came into the list or left it
}

// Choice tells what is chosen.
func (x *Exchanges) Choice() ExchangeChoice { return x.choice.of }

// Choose shows only some.
func (x *Exchanges) Choose(c ExchangeChoice) {
	if c != x.choice.of {
		x.choice.of = c
		x.chooseAnew()
	}
}

// ChooseExchanges shows only some.
func (w *Workbench) ChooseExchanges(c ExchangeChoice) {
	w.Traffic.exchanges.Choose(c)
	w.Changed(PartPackets)
}

// chosen tells whether not all are shown, as a matter of course.
func (x *Exchanges) chosen() bool { return x.choice.of != AllExchanges || x.t.Filtered() }

// chooseAnew has all entries tried again.
func (x *Exchanges) chooseAnew() {
	x.choice.list, x.choice.tried = x.choice.list[:0], 0
	x.choice.shifts++
	x.arranged = false
}

// refilter forgets which frames passed the filter.
func (x *Exchanges) refilter() {
	x.choice.hits = nil
	x.chooseAnew()
}

// passed notes that a frame passes the filter, by 1, or does not any more, by -1.
func (x *Exchanges) passed(s trace.Seq, by int) {
	entry, ok := x.entryOf(s)
	if !ok {
		return
	}
	for len(x.choice.hits) <= int(entry) {
		x.choice.hits = append(x.choice.hits, 0)
	}
	x.choice.hits[entry] += uint32(by)
	x.settle(entry)
}

// toTry is how many entries have to be tried.
func (x *Exchanges) toTry() int {
	if !x.chosen() {
		return 0
	}
	return len(x.entries) - x.choice.tried
}

// try tries the next entry.
func (x *Exchanges) try() {
	entry := uint32(x.choice.tried)
	x.choice.tried++
	if x.belongs(entry) {
		x.choice.list = append(x.choice.list, entry)
		x.choice.shifts++
		x.arranged = false
	}
}

// settle puts an entry into the list, or takes it out, after something happened to it.
func (x *Exchanges) settle(entry uint32) {
	x.sorted.stale = true
	if !x.chosen() || int(entry) >= x.choice.tried {
		return
	}
	at, was := slices.BinarySearch(x.choice.list, entry)
	switch belongs := x.belongs(entry); {
	case belongs && !was:
		x.choice.list = slices.Insert(x.choice.list, at, entry)
	case was && !belongs:
		x.choice.list = slices.Delete(x.choice.list, at, at+1)
	default:
		return
	}
	x.choice.shifts++
	x.arranged = false
}

// belongs tells whether an entry is one of those that are chosen.
func (x *Exchanges) belongs(entry uint32) bool {
	if x.t.Filtered() && (int(entry) >= len(x.choice.hits) || x.choice.hits[entry] == 0) {
		return false
	}
	switch x.choice.of {
	case OpenExchanges:
		_, open := x.live.open[entry]
		return open
	case FailedExchanges:
		return x.stateOf(entry).failed
	case ObservingExchanges:
		ex, _ := x.t.tracker.Exchange(x.entries[entry].exchange)
		return ex.Observe
	}
	return true
}

// exchangeState is how far what a row stands for has come.
type exchangeState struct {
	text    string
	concept Concept
	failed  bool
	open    bool
}

// stateOf tells how far an entry has come.
func (x *Exchanges) stateOf(entry uint32) exchangeState {
	e := x.entries[entry]
	ex, _ := x.t.tracker.Exchange(e.exchange)
	// The engine decides what is open: it may have been kept from it that a response came. Where it was not asked since,
	// the frames do.
	if open, ok := x.live.open[entry]; ok && (!open.Started.IsZero() || x.undecided(&e, &ex)) {
		return openState(open.State)
	}
	if e.transfer != 0 {
		tr, _ := x.t.tracker.Transfer(e.transfer)
		switch {
		case tr.State == track.TransferOpen:
			return exchangeState{"✖ incomplete", Error, true, false}
		case tr.State == track.TransferFailed && tr.Code.Class() < 4:
			return exchangeState{"✖ failed", Error, true, false}
		}
		return answeredState(tr.Code)
	}
	switch ex.State {
	case track.StateOpen:
		return exchangeState{"✖ no answer", Error, true, false}
	case track.StateAcknowledged:
		return exchangeState{"✖ no response", Error, true, false}
	case track.StateReset:
		return exchangeState{"✖ reset", Error, true, false}
	case track.StateObserving:
		return exchangeState{"◉ observing", Good, false, false}
	case track.StateCancelled:
		return exchangeState{"○ cancelled", Dim, false, false}
	case track.StateSilent:
		return exchangeState{"– silent", Dim, false, false}
	}
	if ex.Method == 0 && ex.RequestSeen {
		return exchangeState{"✔ pong", Good, false, false}
	}
	return answeredState(ex.Code)
}

// undecided tells whether what the frames say of an entry leaves it open.
func (x *Exchanges) undecided(e *exchangeEntry, ex *track.Exchange) bool {
	if e.transfer != 0 {
		tr, _ := x.t.tracker.Transfer(e.transfer)
		return tr.State == track.TransferOpen
	}
	switch ex.State {
	case track.StateAnswered, track.StateReset, track.StateCancelled:
		return ex.Multicast
	}
	return true
}

// answeredState says what the answer is.
func answeredState(c protocol.Code) exchangeState {
	if c.Class() < 4 {
		return exchangeState{"✔ " + c.Short(), Good, false, false}
	}
	return exchangeState{"✖ " + c.Short(), Error, true, false}
}
