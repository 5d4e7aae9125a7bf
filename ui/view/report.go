package view

import (
	"fmt"
	"net/netip"
	"strings"
)

// Report gives the message as a bug report in Markdown: what it is and where it went, what is wrong with
// it, its fields and its bytes. It holds all of the message, tokens and payload too.
func (v *Inspector) Report() string {
	if v.Frame == nil {
		return ""
	}
	var s strings.Builder
	title, rest := v.Title()
	fmt.Fprintf(&s, "## %s: %s\n\n", title, rest)
	f := v.Frame
	if v.edit != nil {
		s.WriteString("An edited message, not as it was on the wire.\n\n")
	} else {
		fmt.Fprintf(&s, "- Time: %s\n", f.Time.UTC().Format("2006-01-02 15:04:05.000000 UTC"))
		fmt.Fprintf(&s, "- Direction: %s, %s\n", f.Direction, f.Transport)
		fmt.Fprintf(&s, "- From: %s\n- To: %s\n", endpoint(f.Source), endpoint(f.Destination))
		if f.Interface != "" {
			fmt.Fprintf(&s, "- Interface: %s\n", f.Interface)
		}
		if v.Related != "" {
			fmt.Fprintf(&s, "- Belongs to: %s\n", v.Related)
		}
		s.WriteByte('\n')
	}
	v.reportFindings(&s)
	v.reportFields(&s)
	s.WriteString("### Bytes\n\n```\n")
	dump(&s, v.Tree.Bytes)
	s.WriteString("```\n")
	return s.String()
}

func endpoint(a netip.AddrPort) string {
	if !a.IsValid() {
		return "not known"
	}
	return a.String()
}

func (v *Inspector) reportFindings(s *strings.Builder) {
	n := v.FindingCount()
	if n == 0 {
		s.WriteString("### Findings\n\nNone.\n\n")
		return
	}
	fmt.Fprintf(s, "### Findings: %d\n\n", n)
	for i := range n {
		f := v.finding(i)
		fmt.Fprintf(s, "%d. **%s: %s** (%s)\n", i+1, f.Severity, markdown(f.Title), f.Reference)
		for _, line := range [][2]string{{"Where", v.Where(i)}, {"Expected", f.Expected}, {"Actual", f.Actual}, {"What to do", f.Suggestion}} {
			if line[1] != "" {
				fmt.Fprintf(s, "   - %s: %s\n", line[0], markdown(line[1]))
			}
		}
	}
	s.WriteByte('\n')
}

// Where names the field and the bits of a finding.
func (v *Inspector) Where(i int) string {
	f := v.finding(i)
	var parts []string
	if field := v.valid(f.Field); field >= 0 {
		parts = append(parts, v.Tree.Title(field))
	}
	switch {
	case f.Span.Bits == 0:
	case f.Span.Bit%8 == 0 && f.Span.Bits%8 == 0:
		if f.Span.Bits == 8 {
			parts = append(parts, fmt.Sprintf("byte %d", f.Span.FirstByte()))
		} else {
			parts = append(parts, fmt.Sprintf("bytes %d–%d", f.Span.FirstByte(), f.Span.EndByte()-1))
		}
	case f.Span.Bits == 1:
		parts = append(parts, fmt.Sprintf("bit %d", f.Span.Bit))
	default:
		parts = append(parts, fmt.Sprintf("bits %d–%d", f.Span.Bit, f.Span.End()-1))
	}
	return strings.Join(parts, ", ")
}

// maxReportFields bounds the table; only a hostile message has more.
const maxReportFields = 500

func (v *Inspector) reportFields(s *strings.Builder) {
	s.WriteString("### Fields\n\n| Bits | Field | Value |\n|---|---|---|\n")
	for i := range v.Tree.Fields {
		if i == maxReportFields {
			fmt.Fprintf(s, "| | … | %d more fields |\n", len(v.Tree.Fields)-i)
			break
		}
		f := &v.Tree.Fields[i]
		bits := fmt.Sprint(f.Bit)
		if f.Bits > 1 {
			bits = fmt.Sprintf("%d–%d", f.Bit, f.End()-1)
		}
		fmt.Fprintf(s, "| %s | %s%s | %s |\n", bits, strings.Repeat("\u2003", int(f.Depth)), markdown(v.Tree.Name(i)), markdown(v.Tree.Value(i)))
	}
	s.WriteByte('\n')
}

// markdown takes away the meaning that characters of a value would have in Markdown.
func markdown(s string) string {
	return markdownMeaning.Replace(s)
}

var markdownMeaning = strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, "\n", `\n`, "\r", `\r`)
