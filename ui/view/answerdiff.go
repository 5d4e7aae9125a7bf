package view

import (
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// DiffRow is a line of what two answers have, one of them or both.
type DiffRow struct {
	State CompareState // what is changed has a row of each side
	Title bool         // names what follows
	Text  string
}

// AnswerDiff is an answer beside the one to the same request before it, line by line.
type AnswerDiff struct {
	Rows        []DiffRow
	Differences int    // rows that only one of them has
	Note        string // what is not compared; empty where all is
}

// Before tells whether the answer can be compared with the one to the same request before it.
func (a *Answer) Before() bool { return a != nil && a.Err == nil && a.before != nil }

// Diff compares the answer with the one to the same request before it: code, options, and the payload in the view of
// that name, or else in the best that both have. It is nil where there is none before. Of a large payload it takes a
// while, and may be called on any goroutine as long as nobody changes the answer.
func (a *Answer) Diff(view string) *AnswerDiff {
	if !a.Before() {
		return nil
	}
	d := new(AnswerDiff)
	d.section("", []string{a.before.Message.Code.String()}, []string{a.Message.Code.String()})
	d.section("Options", optionLines(a.before), optionLines(a))
	left, right := a.before.views(view), a.views(view)
	if left == nil && right == nil {
		return d
	}
	views := [2]payload.View{}
	views[0], views[1] = sameView(left, right)
	var lines [2][]string
	for side, v := range views {
		n := v.Len()
		if n > maxComparedLines {
			n = maxComparedLines
			d.Note = fmt.Sprintf("Only the first %s lines are compared", Grouped(maxComparedLines))
		}
		for i := range n {
			lines[side] = append(lines[side], strings.TrimRight(v.Line(i).String(), " "))
		}
	}
	d.section("Payload as "+cmpName(views), lines[0], lines[1])
	return d
}

// views gives the views of the payload, that of the name first; nil for no payload.
func (a *Answer) views(name string) []payload.View {
	if len(a.Message.Payload) == 0 {
		return nil
	}
	views := payload.Render(a.format(), a.Message.Payload)
	for i, v := range views {
		if v.Name == name {
			views[0], views[i] = v, views[0]
		}
	}
	return views
}

// optionLines gives the options of an answer in words.
func optionLines(a *Answer) (lines []string) {
	for _, o := range a.Message.Options {
		text := draft.OptionText(o)
		if o.Number == protocol.ContentFormatOption {
			if v, ok := o.Uint(); ok && v <= 0xffff {
				text = draft.ContentFormatText(protocol.ContentFormat(v))
			}
		}
		lines = append(lines, strings.TrimSpace(o.Number.String()+"  "+text))
	}
	return lines
}

// section adds the rows of a part: what only the answer before has stands before what only this one has.
func (d *AnswerDiff) section(title string, left, right []string) {
	if len(left)+len(right) == 0 {
		return
	}
	if title != "" {
		d.Rows = append(d.Rows, DiffRow{Title: true, Text: title})
	}
	var added []DiffRow
	flush := func() {
		d.Rows = append(d.Rows, added...)
		added = added[:0]
	}
	for _, p := range align(left, right, true) {
		if p.left >= 0 && p.right >= 0 && left[p.left] == right[p.right] {
			flush()
			d.Rows = append(d.Rows, DiffRow{State: CompareSame, Text: left[p.left]})
			continue
		}
		if p.left >= 0 {
			d.Rows = append(d.Rows, DiffRow{State: CompareOnlyLeft, Text: left[p.left]})
			d.Differences++
		}
		if p.right >= 0 {
			added = append(added, DiffRow{State: CompareOnlyRight, Text: right[p.right]})
			d.Differences++
		}
	}
	flush()
}

// Summary says what differs: "2 lines differ from 10:15:02".
func (d *AnswerDiff) Summary(a *Answer) string {
	since := "the answer before"
	if !a.before.At.IsZero() {
		since = "the answer " + Duration(a.At.Sub(a.before.At)) + " before"
	}
	text := "All is the same as in " + since
	if d.Differences > 0 {
		removed, added := 0, 0
		for _, r := range d.Rows {
			switch r.State {
			case CompareOnlyLeft:
				removed++
			case CompareOnlyRight:
				added++
			}
		}
		text = fmt.Sprintf("− %d  + %d since %s", removed, added, since)
	}
	if d.Note != "" {
		text += ". " + d.Note
	}
	return text
}
