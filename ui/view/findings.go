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
}

// Finding gives finding i of the message.
func (v *Inspector) Finding(i int) FindingRow {
	f := &v.Tree.Findings[i]
	return FindingRow{
		f.Field, SeverityConcept(f.Severity), f.Severity.String(),
		SeveritySign(f.Severity) + " " + f.Title, f.Expected, f.Actual, f.Suggestion, f.Reference,
	}
}

// FindingsConcept gives the colour of the worst finding.
func (v *Inspector) FindingsConcept() Concept {
	worst, any := v.Tree.Worst()
	if !any {
		return Dim
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

// Payload gives the payload of the message and its content format, -1 where it has none.
func (v *Inspector) Payload() (format int, data []byte) {
	format = -1
	if f, ok := v.Tree.ContentFormat(); ok {
		format = int(f)
	}
	return format, v.Tree.Payload
}
