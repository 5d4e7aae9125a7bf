package view

import (
	"fmt"
	"net/netip"
	"strings"

	"coapscope/session/trace"
)

// Mermaid gives the ladder as a sequence diagram in the language of Mermaid, with at most so many rows; see Scene.
//
// Solid lines are first transmissions, dotted ones repetitions; a cross is the end of what is lost or malformed, an open
// head that of a Non-confirmable message.
func (l *Ladder) Mermaid(limit int) string {
	for l.behind() {
		l.step(l.known() + 1)
	}
	from, to, cut := l.exported(limit)
	items := l.inRows(from, to, 0)
	names := map[netip.AddrPort]string{}
	var b strings.Builder
	title := l.Title()
	if cut != "" {
		title += " · " + cut
	}
	b.WriteString("sequenceDiagram\n")
	fmt.Fprintf(&b, "    %%%% %s\n", strings.Map(func(r rune) rune {
		if r < ' ' || r == '{' || r == '}' { // a directive would begin with %%{
			return ' '
		}
		return r
	}, title))
	all := l.lifelines(items)
	for i, e := range all {
		names[e] = fmt.Sprintf("p%d", i)
		fmt.Fprintf(&b, "    participant p%d as %s\n", i, escapeMermaid(l.endpointName(e)))
	}
	over := "p0"
	if len(all) > 1 {
		over = fmt.Sprintf("p0,p%d", len(all)-1)
	}
	if cut != "" {
		fmt.Fprintf(&b, "    Note over %s: %s\n", over, escapeMermaid(cut))
	}
	for i := range items {
		it := &items[i]
		a := &it.arrow
		if it.pause >= ladderPause && i > 0 {
			fmt.Fprintf(&b, "    Note over %s: %s later\n", over, Duration(it.pause))
		}
		switch {
		case a.Kind == ArrowDropped:
			if len(all) > 0 {
				fmt.Fprintf(&b, "    Note over %s: #35;%d dropped from the log\n", over, a.Seq)
			}
		case it.folded:
			both := names[a.From] + "," + names[a.To]
			fmt.Fprintf(&b, "    Note over %s: %s\n", both, escapeMermaid(l.runText(it.transfer, it.run)))
		default:
			fmt.Fprintf(&b, "    %s%s%s: %s\n", names[a.From], l.mermaidArrow(a), names[a.To], escapeMermaid(a.Label))
		}
	}
	return b.String()
}

// lifelines gives the endpoints of these rows, in the order in which the ladder saw them.
func (l *Ladder) lifelines(items []item) (all []netip.AddrPort) {
	seen := map[netip.AddrPort]bool{}
	for i := range items {
		if a := &items[i].arrow; a.Kind != ArrowDropped {
			seen[a.From], seen[a.To] = true, true
		}
	}
	for _, e := range l.ends.all {
		if seen[e] {
			all = append(all, e)
		}
	}
	return all
}

func (l *Ladder) mermaidArrow(a *Arrow) string {
	line := "-"
	if a.Kind == ArrowRetransmission || a.Kind == ArrowDuplicate {
		line = "--"
	}
	switch {
	case a.Lost, a.Kind == ArrowMalformed:
		return line + "x"
	case l.nonConfirmable(a.Seq):
		return line + ")"
	}
	return line + ">>"
}

func (l *Ladder) nonConfirmable(s trace.Seq) bool {
	f := l.t.Frame(s)
	return f != nil && !f.Transport.Framing().Reliable() && len(f.Data) > 0 && f.Data[0]>>4&3 == 1
}

// escapeMermaid gives a text that may stand behind a colon, whatever a device has put into its names and paths: what means
// something to Mermaid, or to the HTML that it makes, becomes an entity.
func escapeMermaid(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '#', r == ';', r == '<', r == '>', r == '&', r == '%', r == '{', r == '}', r == '"', r == '`', r == '\\', r == '$':
			fmt.Fprintf(&b, "#%d;", r)
		case r < 0x20, r == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
