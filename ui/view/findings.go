package view

import (
	"coapscope/protocol/dissect"
)

// FindingRow is a finding as it is shown: what is wrong, what would be right, and which clause says so.
type FindingRow struct {
	Field      int
	Concept    Concept
	Severity   string
	Title      string
	Expected   string
	Actual     string
	Suggestion string
	Reference  string
	Traffic    bool // wrong because of the frames before it, not by itself
}

// FindingCount is the number of findings about the message, by itself and among its traffic.
func (v *Inspector) FindingCount() int { return len(v.Tree.Findings) + len(v.history()) }

// history gives the findings from the traffic. An edited message was in no traffic.
func (v *Inspector) history() []dissect.Finding {
	if v.edit != nil {
		return nil
	}
	return v.History
}

func (v *Inspector) finding(i int) *dissect.Finding {
	if n := len(v.Tree.Findings); i >= n {
		return &v.history()[i-n]
	}
	return &v.Tree.Findings[i]
}

// Finding gives finding i of the message.
func (v *Inspector) Finding(i int) FindingRow {
	f := v.finding(i)
	return FindingRow{
		f.Field, SeverityConcept(f.Severity), f.Severity.String(),
		SeveritySign(f.Severity) + " " + f.Title, f.Expected, f.Actual, f.Suggestion, f.Reference,
		i >= len(v.Tree.Findings),
	}
}

// SelectFinding selects what a finding is about: its bytes where they are not one field, else the field.
func (v *Inspector) SelectFinding(i int) {
	f := v.finding(i)
	span, field := f.Span, v.valid(f.Field)
	if span.Bits > 0 && span.End() <= v.bits() && (field < 0 || v.Tree.Fields[field].Span != span) {
		if span.Bits == 1 {
			v.SelectBit(span.Bit)
			return
		}
		v.SelectByte(span.FirstByte())
		v.ExtendTo(span.EndByte() - 1)
		if field >= 0 {
			v.selected = field
		}
		return
	}
	v.Select(field)
	if field >= 0 {
		v.Reveal(field)
	}
}

// FindingsConcept gives the colour of the worst finding.
func (v *Inspector) FindingsConcept() Concept {
	if v.FindingCount() == 0 {
		return Dim
	}
	worst := dissect.Note
	for i := range v.FindingCount() {
		worst = max(worst, v.finding(i).Severity)
	}
	return SeverityConcept(worst)
}

// SeverityConcept gives the colour of a severity.
func SeverityConcept(s dissect.Severity) Concept {
	switch s {
	case dissect.Error:
		return Error
	case dissect.Warning:
		return Warning
	}
	return Dim
}

// SeveritySign gives the sign of a severity, so that it is not told by colour alone.
func SeveritySign(s dissect.Severity) string {
	switch s {
	case dissect.Error:
		return "✖"
	case dissect.Warning:
		return "▲"
	}
	return "●"
}

// mark is the place of a finding in grid and bytes.
type mark struct {
	dissect.Span
	field    int
	severity dissect.Severity
}

// maxMarked is how many bits a finding marks in full. One about more, such as the size of the message,
// is marked where it begins.
const maxMarked = 64 * 8

// mark notes where the findings are.
func (v *Inspector) mark() {
	v.marks = v.marks[:0]
	for i := range v.FindingCount() {
		f := v.finding(i)
		m := mark{f.Span, v.valid(f.Field), f.Severity}
		if m.Bits == 0 && m.field >= 0 {
			m.Span = v.Tree.Fields[m.field].Span
		}
		if m.Bits > maxMarked {
			m.Bits = 8
		}
		v.marks = append(v.marks, m)
	}
}

// MarkAt gives the worst severity that is found about any of some bits, and whether one of those findings
// begins there; false for no finding.
func (v *Inspector) MarkAt(bit, bits int) (worst dissect.Severity, begins, ok bool) {
	for i := range v.marks {
		m := &v.marks[i]
		if m.Bit < bit+bits && bit < m.End() {
			worst, ok = max(worst, m.severity), true
			begins = begins || m.Bit >= bit
		}
	}
	return worst, begins, ok
}

// MarkOfField gives the worst severity found about a field; with parts, also about what lies in it.
func (v *Inspector) MarkOfField(field int, parts bool) (worst dissect.Severity, ok bool) {
	end := field + 1
	if parts {
		end = int(v.Tree.Fields[field].Next)
	}
	for i := range v.marks {
		if m := &v.marks[i]; m.field >= field && m.field < end {
			worst, ok = max(worst, m.severity), true
		}
	}
	return worst, ok
}

// Payload gives the payload of the message and its content format, -1 where it has none.
func (v *Inspector) Payload() (format int, data []byte) {
	format = -1
	if f, ok := v.Tree.ContentFormat(); ok {
		format = int(f)
	}
	return format, v.Tree.Payload
}
