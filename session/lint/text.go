package lint

import (
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// Findings makes the findings for a frame that need what went before, for the frame's tree. They come on top of
// those that the tree has itself.
func (l *Linter) Findings(frame uint64, t *dissect.Tree) []dissect.Finding {
	var all []dissect.Finding
	for n := l.found.frames[frame].first; n != 0; {
		e := l.found.at(int(n) - 1)
		n = e.next
		if e.own == 0 {
			continue
		}
		r := &rows[e.own]
		f := dissect.Finding{Rule: e.rule, Field: r.at.find(t), Expected: e.fill(r.expected), Actual: e.fill(r.actual)}
		if e.own == rulePayloadFormat {
			f.Actual = contradiction(e.a, t)
		}
		if f.Field >= 0 {
			f.Span = t.Fields[f.Field].Span
		}
		all = append(all, f)
	}
	return all
}

// find gives the field that the place names, or the nearest one that there is: the option, the code.
func (p place) find(t *dissect.Tree) int {
	option := -1
	if p.option != 0 {
		if option = t.FirstOption(p.option); option < 0 {
			return t.Find(dissect.Code)
		}
		o := &t.Options[option]
		for i := o.Field; i < int(t.Fields[o.Field].Next); i++ {
			if t.Fields[i].Kind == p.kind {
				return i
			}
		}
		return o.Field
	}
	if i := t.Find(p.kind); i >= 0 {
		return i
	}
	if i := t.Find(dissect.MessageID); i >= 0 && p.kind == dissect.Token { // a token of no bytes
		return i
	}
	return t.Find(dissect.Code)
}

// fill puts values into a text: {frame} the related one, {a} and {b} the numbers, with how they are to be read.
func (e *entry) fill(text string) string {
	var s strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		s.WriteString(before)
		if !ok {
			return s.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		text = after
		name, unit, _ := strings.Cut(name, " ")
		value := e.related
		switch name {
		case "a":
			value = e.a
		case "b":
			value = e.b
		}
		s.WriteString(write(value, unit))
	}
}

// noFormat stands for a message without Content-Format.
const noFormat = 1 << 16

func write(v uint64, unit string) string {
	switch unit {
	case "s":
		d := time.Duration(v)
		if d < 10*time.Second {
			d = d.Round(time.Millisecond)
		} else {
			d = d.Round(100 * time.Millisecond)
		}
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
	case "code":
		return protocol.Code(v).String()
	case "class":
		return strconv.FormatUint(v, 10) + ".xx"
	case "mid":
		return protocol.MessageID(v).String()
	case "format":
		if v >= noFormat {
			return "no Content-Format"
		}
		return protocol.ContentFormat(v).String()
	}
	return strconv.FormatUint(v, 10)
}
