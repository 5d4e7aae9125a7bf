package blockwise

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coapscope/protocol"
)

// figure is a message flow as RFC 7959 prints them: a line a message (§3.1 to §3.3), or a ladder with a line a field
// (§3.4). What the client sends, "------>" or "+----->", is compared with what the transfer sends; what the server sends
// is given to it, with the part of the body that the Block2 option says. Between them are
//
//	...                    the transfer goes on with an honest server until it sends the next line of the figure
//	(... left out)         the same until it ends; the next message is a notification, from which another goes on
//	GE////, ////tent       a message that is lost, after which the same one is sent again with the same message ID: the
//	                       transfer does not notice (§3.1)
//	(anything else)        words for the reader
//
// Message IDs of a client count up; a response has that of its request. At the end the transfer is done, and each side
// has the whole body of the other.
type figure struct {
	name              string
	config            Config
	request, response int // sizes of the bodies
	figure            string
}

type figurePlayer struct {
	figure
	request  protocol.Message
	transfer *Transfer
	step     Step
	uploaded []byte
	mid      int  // of the client's last message
	lost     bool // the last message, or the response to it
	answered bool // the last message was
	over     bool // what was left out is over: a notification comes
	last     protocol.Message
}

func (f figure) play(t *testing.T) {
	if problem := f.run(); problem != "" {
		t.Error(problem)
	}
}

func joined(lines []string) string { return strings.Join(lines, "\n") }

// lines gives what has a meaning, a message each: ladders as "> GET Token=fb ...".
func (f figure) lines() (lines []string) {
	for _, line := range strings.Split(f.figure, "\n") {
		line = strings.TrimSpace(line)
		if arrow, field, ok := strings.Cut(line, "|     Header: "); ok && strings.HasPrefix(arrow, "+") {
			lines = append(lines, map[bool]string{true: "+- - ->", false: "+----->"}[strings.Contains(arrow, "- -")]+" "+field)
			continue
		}
		if field, ok := strings.CutPrefix(line, "|<-----+     Header: "); ok {
			lines = append(lines, "<-----+ "+field)
			continue
		}
		if m := ladderField.FindStringSubmatch(line); m != nil && len(lines) > 0 {
			lines[len(lines)-1] += ", " + m[1] + "=" + strings.TrimPrefix(m[2], "0x")
			continue
		}
		line = strings.Join(strings.Fields(strings.Trim(line, "|: ")), " ")
		if line != "" && !strings.HasPrefix(line, "CLIENT") && line != "| GET |" {
			lines = append(lines, line)
		}
	}
	return lines
}

var (
	ladderField = regexp.MustCompile(`^\|[^|]*\|\s+(Token|Uri-Path|Observe|Block2|ETag|Max-Age|Payload): (.*)$`)
	sentLine    = regexp.MustCompile(`^CON \[MID=(\d+)\], (.*?) ?------>$`)
	lostLine    = regexp.MustCompile(`^CON \[MID=(\d+)\], .*////`)
	answerLine  = regexp.MustCompile(`^<------ ACK \[MID=(\d+)\], (\d\.\d\d) \w+(?:, (.*))?$`)
	ladderSent  = regexp.MustCompile(`^\+-----> (\w+) 0x(\w+)(.*)$`)
	ladderAck   = regexp.MustCompile(`^\+- - -> 0x(\w+)$`)
	ladderFrom  = regexp.MustCompile(`^<-----\+ (\d\.\d\d) 0x(\w+)(.*)$`)
)

// run plays the figure and says what is wrong, or nothing.
func (f figure) run() string {
	p := &figurePlayer{figure: f}
	lines := f.lines()
	for i, line := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		if err := p.line(line, next); err != nil {
			return fmt.Sprintf("%s: %v", line, err)
		}
	}
	return p.end()
}

func (p *figurePlayer) line(line, next string) error {
	switch {
	case sentLine.MatchString(line):
		m := sentLine.FindStringSubmatch(line)
		mid, _ := strconv.Atoi(m[1])
		return p.sent(mid, strings.Split(m[2], ", "))
	case ladderSent.MatchString(line):
		m := ladderSent.FindStringSubmatch(line)
		mid, err := header(m[2], protocol.Confirmable, m[1])
		if err != nil {
			return err
		}
		if p.mid > 0 {
			p.mid = mid - 1 // what was left out took some
		}
		return p.sent(mid, append([]string{m[1]}, fields(m[3])...))
	case lostLine.MatchString(line):
		p.mid++
		p.lost, p.answered = true, false
		if !strings.HasPrefix(line, fmt.Sprintf("CON [MID=%d]", p.mid)) {
			return fmt.Errorf("its message ID is %d", p.mid)
		}
	case strings.HasPrefix(line, "////"):
		p.lost = true
	case answerLine.MatchString(line):
		m := answerLine.FindStringSubmatch(line)
		if m[1] != strconv.Itoa(p.mid) {
			return fmt.Errorf("it answers %d", p.mid)
		}
		return p.received(m[2], strings.Split(m[3], ", "), false)
	case ladderFrom.MatchString(line):
		m := ladderFrom.FindStringSubmatch(line)
		kind := protocol.Acknowledgement
		if p.over {
			kind = protocol.Confirmable
		}
		mid, err := header(m[2], kind, m[1])
		if err == nil && !p.over && mid != p.mid {
			err = fmt.Errorf("it answers %x", p.mid)
		}
		if err != nil {
			return err
		}
		p.last.MessageID = protocol.MessageID(mid)
		return p.received(m[1], fields(m[3]), p.over)
	case ladderAck.MatchString(line):
		mid, err := header(ladderAck.FindStringSubmatch(line)[1], protocol.Acknowledgement, "0.00")
		if err == nil && mid != int(p.last.MessageID) {
			err = errors.New("it acknowledges another message")
		}
		return err
	case strings.HasPrefix(line, "..."):
		if p.over {
			return nil
		}
		return p.goOn(next)
	case strings.Contains(line, "left out"):
		return p.leaveOut()
	case !strings.HasPrefix(line, "(") && !strings.HasPrefix(line, "e.g."):
		return errors.New("what is that?")
	}
	return nil
}

// header reads the first four bytes of a message, and holds them against what is printed beside them.
func header(digits string, kind protocol.Type, code string) (mid int, err error) {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 4 {
		return 0, fmt.Errorf("no header: %s", digits)
	}
	var m protocol.Message
	if err := m.Parse(append(b, make([]byte, b[0]&15)...)); err != nil {
		return 0, err
	}
	if m.Type != kind || m.Code.Dotted() != code && m.Code.Short() != code {
		return 0, fmt.Errorf("the header says %v", m)
	}
	return int(m.MessageID), nil
}

// fields gives ", Token=fb, Uri-Path=x, Block2=0/1/64" as "Token=fb", "/x", "2:0/1/64".
func fields(s string) (words []string) {
	for _, word := range strings.Split(strings.TrimPrefix(s, ", "), ", ") {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "Uri-Path":
			word = "/" + value
		case "Block2":
			word = "2:" + value
		case "Observe":
			if value == "(empty)" {
				word = "Observe=0"
			}
		}
		words = append(words, word)
	}
	return words
}

// sent compares the message that the transfer wants to send with the figure's.
func (p *figurePlayer) sent(mid int, words []string) error {
	if p.transfer == nil {
		p.begin(words)
		p.mid = mid - 1
	}
	again := p.lost && mid == p.mid
	if !again && (p.lost || mid != p.mid+1) {
		return fmt.Errorf("the message ID before was %d", p.mid)
	}
	if !again && p.mid > 0 && !p.answered && p.last.Code != 0 {
		return errors.New("the message before was not answered")
	}
	p.mid, p.lost, p.answered = mid, false, false
	send, ok := p.step.(Send)
	if !ok {
		return fmt.Errorf("the transfer sends nothing: %s", line(p.step))
	}
	if got := inWords(send.Message, words); !equalWords(got, words) {
		return fmt.Errorf("the transfer sends %s", strings.Join(got, ", "))
	}
	if b, ok := send.Message.Options.Block(protocol.Block1); ok && !again {
		if b.Offset() != len(p.uploaded) {
			return fmt.Errorf("%d bytes were sent before", len(p.uploaded))
		}
		p.uploaded = append(p.uploaded, send.Message.Payload...)
	} else if len(send.Message.Payload) > 0 && !again {
		return errors.New("it has a payload")
	}
	return nil
}

func equalWords(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// inWords describes a request as the figures do. They leave Size1 out, and any token does for what is no observation.
func inWords(m protocol.Message, like []string) []string {
	words := []string{m.Code.Short(), m.Path()}
	for _, o := range m.Options {
		switch o.Number {
		case protocol.Block1, protocol.Block2:
			b, _ := protocol.DecodeBlock(o.Value)
			words = append(words, map[protocol.OptionNumber]string{protocol.Block1: "1:", protocol.Block2: "2:"}[o.Number]+b.String())
		case protocol.Observe:
			v, _ := o.Uint()
			words = append(words, fmt.Sprintf("Observe=%d", v))
		case protocol.URIPath, protocol.Size1:
		default:
			words = append(words, o.Number.String())
		}
	}
	if i := slices.IndexFunc(like, func(w string) bool { return strings.HasPrefix(w, "Token=") }); i >= 0 {
		token := "Token=" + m.Token.String()
		if m.Token.Len() == 0 && like[i] != "Token=fb" {
			token = like[i]
		}
		words = append(words, token)
	}
	return words
}

// begin makes the transfer of the first request of the figure.
func (p *figurePlayer) begin(words []string) {
	p.request = protocol.Message{Payload: body(p.figure.request)}
	for _, w := range words {
		switch {
		case strings.HasPrefix(w, "/"):
			p.request.Options = p.request.Options.Add(protocol.URIPath, []byte(w[1:]))
		case w == "Observe=0":
			p.request.Options = p.request.Options.SetUint(protocol.Observe, 0)
		case w == "Token=fb":
			p.request.Token = protocol.TokenOf([]byte{0xfb})
		case w == "GET":
			p.request.Code = protocol.GET
		case w == "PUT":
			p.request.Code = protocol.PUT
		case w == "POST":
			p.request.Code = protocol.POST
		}
	}
	p.transfer = New(p.config, p.request)
	p.step = p.transfer.Start()
}

// received gives the transfer a response, or begins another with a notification.
func (p *figurePlayer) received(code string, words []string, notification bool) error {
	m := protocol.Message{Type: protocol.Acknowledgement, MessageID: p.last.MessageID}
	for _, c := range []protocol.Code{protocol.Content, protocol.Changed, protocol.Continue} {
		if c.Dotted() == code {
			m.Code = c
		}
	}
	printed := -1
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case strings.HasPrefix(w, "1:"), strings.HasPrefix(w, "2:"):
			n := map[byte]protocol.OptionNumber{'1': protocol.Block1, '2': protocol.Block2}[w[0]]
			var num, more, size int
			if _, err := fmt.Sscanf(w[2:], "%d/%d/%d", &num, &more, &size); err != nil {
				return err
			}
			m.Options = m.Options.Set(n, protocol.Block{Num: uint32(num), More: more == 1, SZX: protocol.SZXFor(size)}.Value())
		case name == "Token":
			b, _ := hex.DecodeString(value)
			m.Token = protocol.TokenOf(b)
		case name == "ETag":
			b, _ := hex.DecodeString(value)
			m.Options = m.Options.Set(protocol.ETag, b)
		case name == "Observe" || name == "Max-Age":
			v, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return err
			}
			m.Options = m.Options.SetUint(map[string]protocol.OptionNumber{"Observe": protocol.Observe, "Max-Age": protocol.MaxAge}[name], v)
		case name == "Payload":
			if _, err := fmt.Sscanf(value, "[%d bytes]", &printed); err != nil {
				return err
			}
		default:
			return fmt.Errorf("what is %q?", w)
		}
	}
	if err := p.fill(&m, printed); err != nil {
		return err
	}
	p.last = m
	if notification {
		p.over = false
		p.transfer, p.step = Continue(p.config, p.request, m)
		p.answered = true
		return nil
	}
	if p.answered {
		return errors.New("that was answered already")
	}
	p.answered = true
	p.step = p.transfer.Handle(m)
	return nil
}

// fill gives a response the part of the body that its Block2 option says.
func (p *figurePlayer) fill(m *protocol.Message, printed int) error {
	b, ok := m.Options.Block(protocol.Block2)
	if !ok {
		return nil
	}
	whole := body(p.response)
	from, to := b.Offset(), b.Offset()+b.Size()
	if from >= len(whole) || b.More != (to < len(whole)) {
		return fmt.Errorf("that does not fit a body of %d bytes", len(whole))
	}
	m.Payload = whole[from:min(to, len(whole))]
	if printed >= 0 && printed != len(m.Payload) {
		return fmt.Errorf("the payload has %d bytes", len(m.Payload))
	}
	return nil
}

// serve answers what the transfer asks for, as the server of the figure does.
func (p *figurePlayer) serve(send Send) error {
	b, ok := send.Message.Options.Block(protocol.Block2)
	if !ok {
		return errors.New("nothing says how to go on with Block1")
	}
	b.More = b.Offset()+b.Size() < p.response
	m := protocol.Message{Type: protocol.Acknowledgement, Code: p.last.Code}
	if etag, ok := p.last.Options.First(protocol.ETag); ok {
		m.Options = m.Options.Set(protocol.ETag, etag)
	}
	m.Options = m.Options.Set(protocol.Block2, b.Value())
	if err := p.fill(&m, -1); err != nil {
		return err
	}
	p.mid++
	p.step = p.transfer.Handle(m)
	return nil
}

// goOn plays what the figure leaves out before the next line of it.
func (p *figurePlayer) goOn(next string) error {
	var words []string
	if m := sentLine.FindStringSubmatch(next); m != nil {
		words = strings.Split(m[2], ", ")
	} else if m := ladderSent.FindStringSubmatch(next); m != nil {
		words = append([]string{m[1]}, fields(m[3])...)
	} else {
		return errors.New("nothing is sent next")
	}
	for range 100 {
		send, ok := p.step.(Send)
		switch {
		case !ok:
			return fmt.Errorf("the transfer ends: %s", line(p.step))
		case equalWords(inWords(send.Message, words), words):
			return nil
		}
		if err := p.serve(send); err != nil {
			return err
		}
	}
	return errors.New("that is never sent")
}

// leaveOut plays the transfer to its end.
func (p *figurePlayer) leaveOut() error {
	for range 100 {
		send, ok := p.step.(Send)
		if !ok {
			p.over = true
			if problem := p.end(); problem != "" {
				return errors.New(problem)
			}
			return nil
		}
		if err := p.serve(send); err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func (p *figurePlayer) end() string {
	done, ok := p.step.(Done)
	switch {
	case !ok:
		return "at the end the transfer is not done: " + line(p.step)
	case done.Response.Code != p.last.Code:
		return fmt.Sprintf("at the end the response is %v", done.Response.Code)
	case !bytes.Equal(done.Response.Payload, body(p.response)):
		return fmt.Sprintf("the client has %d bytes of another body", len(done.Response.Payload))
	case !bytes.Equal(p.uploaded, body(p.figure.request)):
		return fmt.Sprintf("the server has %d bytes of another body", len(p.uploaded))
	}
	return ""
}
