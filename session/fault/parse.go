package fault

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// Error says where a text is no configuration, and why.
type Error struct {
	Line   int    // from 1
	Offset int    // in bytes from the beginning of the text, of what is wrong
	Length int    // of it, in bytes; 0 where something is missing
	Reason string // in words, with what to do

	column int
}

// Error gives position and reason.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, character %d: %s", e.Line, e.column, e.Reason)
}

// Parse reads a configuration: see the package for the language. The error is an *[Error].
func Parse(text string) (Config, error) {
	var c Config
	seeded := false
	start := 0
	for number, line := range strings.Split(text, "\n") {
		p := parser{line: line}
		p.split()
		if len(p.words) > 0 && line[p.words[0].at] != '#' {
			if strings.EqualFold(p.words[0].text, "seed") {
				if seeded {
					p.fail(p.words[0], "a second seed; there is one for all rules")
				}
				c.Seed, seeded = p.seed(), true
			} else {
				c.Rules = append(c.Rules, p.rule())
			}
		}
		if p.err != nil {
			p.err.Line, p.err.column = number+1, utf8.RuneCountInString(line[:p.err.Offset])+1
			p.err.Offset += start
			return Config{}, p.err
		}
		start += len(line) + 1
	}
	return c, nil
}

// word is a part of a line without spaces.
type word struct {
	at   int // in bytes
	text string
}

// parser reads a line.
type parser struct {
	line  string
	words []word
	next  int
	err   *Error // the first one
}

func (p *parser) split() {
	for at := 0; at < len(p.line); {
		rest := p.line[at:]
		if skip := len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace)); skip > 0 {
			at += skip
			continue
		}
		n := strings.IndexFunc(rest, unicode.IsSpace)
		if n < 0 {
			n = len(rest)
		}
		p.words = append(p.words, word{at, rest[:n]})
		at += n
	}
}

// fail notes what is wrong, unless something was before.
func (p *parser) fail(w word, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{Offset: w.at, Length: len(w.text), Reason: fmt.Sprintf(format, args...)}
	}
}

// take gives the next word; where the line ends, an empty one with its place.
func (p *parser) take() word {
	if p.next == len(p.words) {
		return word{at: len(p.line)}
	}
	p.next++
	return p.words[p.next-1]
}

func (p *parser) seed() uint64 {
	p.next = 1
	w := p.take()
	n, err := strconv.ParseUint(w.text, 10, 64)
	if err != nil {
		p.fail(w, "a seed is a number from 0 to 18446744073709551615: write seed 7")
	}
	if extra := p.take(); extra.text != "" {
		p.fail(extra, "nothing can stand behind the seed; begin a new line for a rule")
	}
	return n
}

// rule reads the line as a rule.
func (p *parser) rule() (r Rule) {
	first := p.take()
	for i, verb := range verbs {
		if strings.EqualFold(first.text, verb) {
			r.Fault = 1 << i
		}
	}
	if r.Fault == 0 {
		p.fail(first, "“%s” is no fault: a rule begins with lose, delay, duplicate, reorder or corrupt", first.text)
	}
	said := map[string]bool{}
	for p.err == nil && p.next < len(p.words) {
		w := p.take()
		what := p.part(&r, w)
		if said[what] {
			p.fail(w, "a second %s: a rule has one; write another rule for another", what)
		}
		said[what] = true
		missing := r.Fault == Delayed && !said["time"]
		if wrong := r.check(); wrong != "" && !missing {
			p.fail(w, "%s", wrong)
		}
	}
	if wrong := r.check(); wrong != "" {
		p.fail(word{at: len(p.line)}, "%s", wrong)
	}
	return r
}

// part reads what begins with the word, and says what part of a rule it is.
func (p *parser) part(r *Rule, w word) string {
	switch strings.ToLower(w.text) {
	case "sent":
		r.Direction = Sent
		return "direction"
	case "received":
		r.Direction = Received
		return "direction"
	case "con", "non", "ack", "rst":
		r.OfType = true
		for r.Type = protocol.Confirmable; !strings.EqualFold(r.Type.String(), w.text); r.Type++ {
		}
		return "type"
	case "request":
		r.Codes = Requests
		return "code"
	case "response":
		r.Codes = Responses
		return "code"
	case "block":
		r.OfBlock, r.Block = true, uint32(p.number(w, 0, 1<<20-1, "block 4"))
		return "block number"
	case "peer":
		r.Peer = p.peer()
		return "peer"
	case "every":
		r.When, r.First = Every, p.number(w, 1, 1<<62, "every 3")
		return "choice of datagrams"
	case "copies":
		r.Copies = int(p.number(w, 1, MaxCopies, "copies 2"))
		return "number of copies"
	case "bits":
		r.Bits = int(p.number(w, 1, MaxBits, "bits 2"))
		return "number of bits"
	}
	switch {
	case w.text[0] == '/':
		r.Path = w.text
		return "path"
	case code(r, w.text):
		return "code"
	case w.text[0] >= '0' && w.text[0] <= '9':
		return p.amount(r, w)
	}
	p.fail(w, "“%s” says nothing to a rule: sent, received, CON, NON, ACK, RST, a code such as 2.05, GET or 4.xx, request, response, "+
		"empty, block 4, /path, peer 192.0.2.7, 2, 1-3, every 3, 10%%, 300ms, copies 2, bits 2", w.text)
	return ""
}

// number reads the number behind the word.
func (p *parser) number(w word, least, most uint64, example string) uint64 {
	v := p.take()
	n, err := strconv.ParseUint(v.text, 10, 64)
	if err != nil || n < least || n > most {
		p.fail(v, "“%s” needs a number from %d to %d: write %s", w.text, least, most, example)
	}
	return n
}

func (p *parser) peer() netip.AddrPort {
	w := p.take()
	if addr, err := netip.ParseAddr(w.text); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), 0)
	}
	peer, err := netip.ParseAddrPort(w.text)
	if err != nil {
		p.fail(w, "a peer is an address, with or without its port: write peer 192.0.2.7, peer 192.0.2.7:5683 or peer [2001:db8::1]:5683")
	}
	return netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
}

// code reads a code: c.dd, c.xx, or a name in which letters and digits count.
func code(r *Rule, text string) bool {
	if c, err := protocol.ParseCode(text); err == nil {
		r.Codes, r.Code = OneCode, c
		return true
	}
	if len(text) == 4 && text[0] >= '0' && text[0] <= '7' && strings.EqualFold(text[1:], ".xx") {
		r.Codes, r.Code = CodeClass, protocol.MakeCode(text[0]-'0', 0)
		return true
	}
	text = bare(text)
	for _, row := range protocol.Codes() {
		if !row.Code.IsSignaling() && bare(row.Name) == text {
			r.Codes, r.Code = OneCode, row.Code
			return true
		}
	}
	return false
}

func bare(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(name))
}

// amount reads what begins with a digit and is no code: a choice of datagrams, or a time.
func (p *parser) amount(r *Rule, w word) string {
	const choice = "choice of datagrams"
	if text, ok := strings.CutSuffix(w.text, "%"); ok {
		percent, err := strconv.ParseFloat(text, 64)
		if err != nil || strings.ContainsAny(text, "xXpP_") {
			p.fail(w, "“%s” is no probability: write 10%% or 2.5%%", w.text)
		}
		r.When, r.Percent = Random, percent
		return choice
	}
	from, to, ranged := strings.Cut(w.text, "-")
	if strings.Trim(w.text, "0123456789-") == "" {
		var err1, err2 error
		r.When = Counted
		r.First, err1 = strconv.ParseUint(from, 10, 62)
		r.Last = r.First
		if ranged {
			r.Last = 0
			if to != "" {
				r.Last, err2 = strconv.ParseUint(to, 10, 62)
			}
		}
		if err1 != nil || err2 != nil || ranged && to != "" && r.Last == 0 {
			p.fail(w, "“%s” is no choice of datagrams, which are counted from 1: write 2, 1-3 or 4-", w.text)
		}
		return choice
	}
	var err1, err2 error
	r.Least, err1 = time.ParseDuration(from)
	r.Most = r.Least
	if ranged {
		r.Most, err2 = time.ParseDuration(to)
	}
	if err1 == nil && err2 == nil && r.Most == 0 {
		p.fail(w, "a time is above 0: write 300ms")
	}
	if err1 != nil || err2 != nil {
		p.fail(w, "“%s” is neither a code, nor a choice of datagrams, nor a time: write 2.05, 2, 1-3, 10%%, 300ms or 50ms-150ms", w.text)
	}
	return "time"
}
