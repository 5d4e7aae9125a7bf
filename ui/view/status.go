package view

import (
	"fmt"
	"time"

	"coapscope/session"
)

// StatusItem is a piece of the status line.
type StatusItem struct {
	Text    string
	Concept Concept
	Dot     bool // a state's dot before it
}

// Status gives the status line from left to right.
func (w *Workbench) Status(now time.Time) []StatusItem {
	var items []StatusItem
	via, err := w.ScanInterfaceText()
	switch {
	case err != nil:
		items = append(items, StatusItem{"no interface", Error, true})
	case w.LabRuns():
		items = append(items, StatusItem{via + " · lab runs", Good, true})
	default:
		items = append(items, StatusItem{via, Good, true})
	}
	if text := w.Scan.progress(); text != "" {
		items = append(items, StatusItem{Text: text, Concept: Accent})
	}
	if faults, _ := w.Engine.Faults(); len(faults.Rules) > 0 {
		items = append(items, StatusItem{Text: "bad network: " + count(len(faults.Rules), "rule", "rules"), Concept: Warning})
	}
	open, observed := 0, 0
	var next time.Time
	what := "next retransmission"
	for _, x := range w.open {
		if x.State == session.OpenObserving {
			observed++
			continue
		}
		open++
		if !x.Next.IsZero() && (next.IsZero() || x.Next.Before(next)) {
			next, what = x.Next, "next retransmission"
			if x.Attempt == x.Of || x.State == session.OpenAcknowledged {
				what = "giving up in"
			}
		}
	}
	if open > 0 {
		text := count(open, "exchange open", "exchanges open")
		if !next.IsZero() {
			text += " · " + what + " " + Seconds(next.Sub(now))
		}
		items = append(items, StatusItem{Text: text, Concept: Warning})
	}
	if observed > 0 {
		items = append(items, StatusItem{Text: count(observed, "observation", "observations"), Concept: Plain})
	}
	if text := w.Identifiers().inUse(now); text != "" {
		items = append(items, StatusItem{Text: text, Concept: Dim})
		w.statusSoon()
	}
	received, sent, bad := w.Traffic.Counts()
	text := fmt.Sprintf("rx %s  tx %s", Grouped(received), Grouped(sent))
	if w.Traffic.Seen() {
		text = count(received+sent, "packet", "packets")
	}
	items = append(items, StatusItem{Text: text, Concept: Dim})
	if missed := w.Engine.Missed(); missed > 0 && w.Traffic == w.live {
		items = append(items, StatusItem{Text: fmt.Sprintf("✖ lost %s: they came faster than they were read", Grouped(int(missed))), Concept: Error})
	}
	if bad > 0 {
		items = append(items, StatusItem{Text: fmt.Sprintf("✖ %s", count(bad, "malformed frame", "malformed frames")), Concept: Error})
	}
	items = append(items, StatusItem{Text: "log " + Bytes(int(w.Traffic.log.Bytes())), Concept: Dim})
	return items
}

// statusSoon has the status line drawn again in a second, since it counts down.
func (w *Workbench) statusSoon() {
	if w.statusDue {
		return
	}
	w.statusDue = true
	time.AfterFunc(time.Second, func() {
		w.inbox.Put(nil, func() {
			w.statusDue = false
			w.Changed(PartStatus)
		})
	})
}
