package dissect

import (
	"strconv"
	"strings"
)

// Severity says how bad a finding is.
type Severity uint8

const (
	Note    Severity = iota // worth knowing; nothing is broken
	Warning                 // breaks a recommendation, or will not do what was meant
	Error                   // breaks a MUST
)

// String gives the severity in lower case.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "Severity(" + strconv.Itoa(int(s)) + ")"
}

// Rule is something that a message can break.
type Rule struct {
	ID         string // stable, such as "payload-marker-without-payload"
	Severity   Severity
	Format     bool // part of the message format: protocol.Parse rejects what breaks it
	Title      string
	Reference  string // the clause, such as "RFC 7252 §3"
	Suggestion string // what to do about it
}

// Finding is a rule that the message breaks, and where.
type Finding struct {
	*Rule
	Span     Span   // of what is wrong; it may be empty where something is missing
	Field    int    // index of the field nearest to it, -1 if the tree has no field
	Expected string // what the rule asks for
	Actual   string // what is there
}

// String gives the finding in one line.
func (f *Finding) String() string {
	var s strings.Builder
	s.WriteString(f.Severity.String() + " " + f.ID + ": " + f.Title)
	if f.Expected != "" {
		s.WriteString("; expected " + f.Expected)
	}
	if f.Actual != "" {
		s.WriteString("; actual " + f.Actual)
	}
	s.WriteString(" (" + f.Reference + ")")
	return s.String()
}

// report adds a finding.
func (t *Tree) report(id ruleID, span Span, field int, expected, actual string) {
	rule := &rules[id]
	t.malformed = t.malformed || rule.Format
	if len(t.Findings) >= MaxFindings && !rule.Format {
		t.Suppressed++
		return
	}
	t.Findings = append(t.Findings, Finding{rule, span, field, expected, actual})
}

// reportField is report for what concerns just one field.
func (t *Tree) reportField(id ruleID, field int, expected, actual string) {
	t.report(id, t.Fields[field].Span, field, expected, actual)
}

// reportOption reports an option, at its value if it has one.
func (t *Tree) reportOption(id ruleID, o *OptionEntry, expected, actual string) {
	field := o.Field
	if o.ValueAt >= 0 {
		field = o.ValueAt
	}
	t.reportField(id, field, expected, actual)
}
