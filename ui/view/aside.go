package view

import (
	"fmt"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
)

// aside says of an option what the message alone does not tell: how a notification stands to the one
// before it, and until when a response is fresh.
func (w *Workbench) aside(f *trace.Frame, t *dissect.Tree, option protocol.OptionNumber) string {
	if f == nil || !t.Code.IsResponse() {
		return ""
	}
	i := t.FirstOption(option)
	if i < 0 {
		return ""
	}
	value, ok := protocol.DecodeUint(t.Options[i].Value)
	if !ok {
		return ""
	}
	switch option {
	case protocol.Observe:
		return w.Traffic.observed(f, uint32(value))
	case protocol.MaxAge:
		if f.Direction == trace.Received {
			return freshness(f.Time, time.Duration(min(value, 1<<32))*time.Second, time.Now())
		}
	}
	return ""
}

// freshness says until when a response that came at some time is fresh (RFC 7252 §5.6.1).
func freshness(came time.Time, age time.Duration, now time.Time) string {
	end := came.Add(age)
	left := end.Sub(now)
	if left <= 0 {
		return "was fresh until " + end.Format(time.TimeOnly)
	}
	return "fresh until " + end.Format(time.TimeOnly) + ", " + Seconds(left) + " left"
}

// observed says how a notification stands to the one before it (RFC 7641 §3.4); empty where none was seen.
func (t *Traffic) observed(f *trace.Frame, value uint32) string {
	s := t.Before(f.Seq)
	before := t.Frame(s)
	if before == nil || !t.SameExchange(s, f.Seq) {
		return ""
	}
	tree := dissect.DissectFraming(before.Transport.Framing(), before.Data)
	i := tree.FirstOption(protocol.Observe)
	if i < 0 {
		return ""
	}
	v, ok := protocol.DecodeUint(tree.Options[i].Value)
	if !ok {
		return ""
	}
	return observeOrder(uint32(v), value, f.Time.Sub(before.Time), s)
}

// Notifications are ordered as serial numbers of 24 bits; after maxReorder any is newer (RFC 7641 §3.4).
const (
	observeHalf = 1 << 23
	maxReorder  = 128 * time.Second
)

func observeOrder(before, value uint32, later time.Duration, s trace.Seq) string {
	ahead := (value - before) & (1<<24 - 1)
	switch {
	case ahead == 0:
		return fmt.Sprintf("the same as in #%d", s)
	case ahead < observeHalf:
		return fmt.Sprintf("%d after #%d, fresh", ahead, s)
	case later > maxReorder:
		return fmt.Sprintf("%s after #%d, fresh", Duration(later), s)
	}
	return fmt.Sprintf("%d before #%d, stale", 1<<24-ahead, s)
}
