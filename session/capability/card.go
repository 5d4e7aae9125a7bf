package capability

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// Finding is what is known of a feature.
type Finding struct {
	Feature Feature
	Verdict Verdict
	Text    string      // what was seen, or why it is not known
	Frames  []trace.Seq // that show it
}

// Exchange is a request and its response, whoever sent it and whatever for.
type Exchange struct {
	Request, Response protocol.Message
	Sent, Received    trace.Seq     // frames; 0 where one is not kept
	RTT               time.Duration // 0 where it is not known
	// RequestSize and ResponseSize are those of the messages, in bytes; 0 where they are not known.
	RequestSize, ResponseSize int
}

// Card is what is known of a device. The zero value knows nothing. A copy is made with [Card.Clone].
type Card struct {
	findings [features]Finding
	pings    times
	asked    times
	answers  int // responses that were looked at
	// The largest block of a response, and of a request, in bytes.
	block2, block1  int
	smallest        int // the smallest block that it gave
	request, answer int // the largest messages that it took and gave, in bytes
	limit           int // the smallest request that it did not take; 0 for none
	token           int // the longest token that it answered
	validates       bool
	tag             []byte // the newest entity tag, and of what
	tagged          string
}

// times are measured durations.
type times struct {
	n             int
	min, max, sum time.Duration
	frames        []trace.Seq // of the first
}

func (t *times) add(d time.Duration, frames ...trace.Seq) {
	if t.n == 0 || d < t.min {
		t.min = d
	}
	t.max = max(t.max, d)
	t.sum += d
	t.n++
	if t.n == 1 {
		t.frames = evidence(frames...)
	}
}

func (t *times) String() string {
	if t.n == 1 {
		return round(t.min)
	}
	return fmt.Sprintf("%s at least, %s on average, %s at most", round(t.min), round(t.sum/time.Duration(t.n)), round(t.max))
}

// round gives a duration with three digits or so, and a blank before its unit.
func round(d time.Duration) string {
	unit := time.Duration(1)
	for d >= 1000*unit {
		unit *= 10
	}
	text := d.Round(unit).String()
	if at := strings.IndexAny(text, "nµms"); d < time.Minute {
		return text[:at] + " " + text[at:]
	}
	return text
}

// evidence gives the frames that are there.
func evidence(frames ...trace.Seq) []trace.Seq {
	return slices.DeleteFunc(slices.Clone(frames), func(s trace.Seq) bool { return s == 0 })
}

// Clone gives a copy that does not change with the card.
func (c *Card) Clone() Card { return *c } // what it refers to is never changed

// Finding gives what is known of a feature.
func (c *Card) Finding(f Feature) Finding {
	found := c.findings[f]
	found.Feature = f
	switch f {
	case RoundTrip:
		return c.roundTrip()
	case LargestRequest:
		if c.request > 0 {
			found.Verdict, found.Text = Yes, fmt.Sprintf("%d bytes were taken; more was not tried", c.request)
			if c.limit > 0 {
				found.Text = fmt.Sprintf("%d bytes were taken; %s", c.request, c.findings[f].Text)
			}
		}
	case LargestResponse:
		if c.answer > 0 {
			found.Verdict, found.Text = Yes, fmt.Sprintf("%d bytes came in one message", c.answer)
		}
	case Echoes:
		if found.Verdict == Unknown {
			found.Text = "a device shows it only when it wants one"
			if c.answers > 0 {
				found.Text = fmt.Sprintf("in none of %s; a device shows it only when it wants one", plural(c.answers, "answer"))
			}
		}
	}
	if found.Text == "" {
		found.Text = "nothing was seen yet"
		if _, method := f.Method(); method && f > Fetch {
			found.Text = "not safe to try, and not used yet"
		}
		if f == Uploads {
			found.Text = "takes a request with a large body, which changes something; none was seen yet"
		}
	}
	return found
}

// Findings gives what is known of all features, in their order.
func (c *Card) Findings() []Finding {
	all := make([]Finding, features)
	for f := range features {
		all[f] = c.Finding(f)
	}
	return all
}

func (c *Card) roundTrip() Finding {
	f := c.findings[RoundTrip]
	f.Feature = RoundTrip
	var texts []string
	if c.pings.n > 0 {
		texts = append(texts, fmt.Sprintf("%s: %s", plural(c.pings.n, "ping"), &c.pings))
		f.Frames = c.pings.frames
	}
	if f.Text != "" {
		texts = append(texts, f.Text)
	}
	if c.asked.n > 0 {
		texts = append(texts, fmt.Sprintf("%s: %s", plural(c.asked.n, "request"), &c.asked))
		if f.Frames == nil {
			f.Frames = c.asked.frames
		}
	}
	if c.pings.n+c.asked.n > 0 && f.Verdict == Unknown {
		f.Verdict = Yes
	}
	if f.Text = strings.Join(texts, "; "); f.Text == "" {
		f.Text = "nothing was exchanged yet"
	}
	return f
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// set notes a finding. What a device has done once it can do, though it does not do it everywhere.
func (c *Card) set(f Feature, v Verdict, e *Exchange, format string, args ...any) {
	if old := c.findings[f].Verdict; old == Yes && v != Broken || old == Broken {
		return
	}
	c.findings[f] = Finding{f, v, fmt.Sprintf(format, args...), evidence(e.Sent, e.Received)}
}

// better notes a finding in place of one that says less of the same.
func (c *Card) better(f Feature, e *Exchange, format string, args ...any) {
	if c.findings[f].Verdict != Broken {
		c.findings[f] = Finding{f, Yes, fmt.Sprintf(format, args...), evidence(e.Sent, e.Received)}
	}
}

// Learn takes what an exchange shows.
func (c *Card) Learn(e Exchange) {
	q, r := &e.Request, &e.Response
	c.answers++
	if e.RTT > 0 {
		c.asked.add(e.RTT, e.Sent, e.Received)
	}
	c.learnMethod(&e)
	c.learnBlocks(&e)
	if r.Code.Class() == 2 && e.RequestSize > c.request {
		c.request = e.RequestSize
		if c.limit == 0 {
			c.findings[LargestRequest].Frames = evidence(e.Sent, e.Received)
		}
	}
	if e.ResponseSize > c.answer {
		c.answer = e.ResponseSize
		c.findings[LargestResponse].Frames = evidence(e.Received)
	}
	if value, ok := r.Options.First(protocol.ETag); ok && r.Code.Class() == 2 && q.Code == protocol.GET {
		c.tag, c.tagged = slices.Clone(value), q.Path()
		c.set(Tags, Yes, &e, "%s has one", q.Path())
	}
	if r.Code == protocol.Valid && !c.validates {
		c.validates = true
		c.better(Tags, &e, "%s has one, and 2.03 says that it is still valid", q.Path())
	}
	if seen, ok := r.Options.Uint(protocol.Observe); ok && r.Code.Class() == 2 {
		c.set(Observing, Yes, &e, "%s is observed, Observe %d", q.Path(), seen)
	}
	if r.Options.Has(protocol.Echo) {
		if r.Code == protocol.Unauthorized {
			c.better(Echoes, &e, "%s asks for it with %s", q.Path(), r.Code.Dotted())
		} else {
			c.set(Echoes, Yes, &e, "it comes with the %s of %s", r.Code.Dotted(), q.Path())
		}
	}
	if n := q.Token.Len(); n > 8 && r.Token == q.Token && r.Code != protocol.BadRequest && n > c.token {
		c.token = n
		c.better(LongTokens, &e, "%d bytes came back", n)
	}
	if q.Options.Has(protocol.ProxyURI) || q.Options.Has(protocol.ProxyScheme) {
		c.learnProxy(&e)
	}
}

func (c *Card) learnMethod(e *Exchange) {
	f, ok := methods[e.Request.Code]
	if !ok {
		return
	}
	code, path := e.Response.Code, e.Request.Path()
	switch {
	case code.Class() == 2:
		c.set(f, Yes, e, "%s answers %s", path, code.Dotted())
	case code == protocol.MethodNotAllowed, code == protocol.NotImplemented:
		c.set(f, No, e, "%s answers %s; another resource may take it", path, code.Dotted())
	case code == protocol.UnsupportedContentFormat, code == protocol.UnprocessableEntity, code == protocol.PreconditionFailed:
		c.set(f, Yes, e, "%s answers %s: only what came with it is refused", path, code.Dotted())
	}
}

func (c *Card) learnBlocks(e *Exchange) {
	q, r := &e.Request.Options, &e.Response.Options
	if e.Response.Code == protocol.BadOption && q.Has(protocol.Block2) {
		c.set(Blocks, No, e, "4.02 to the option")
	} else if b, ok := r.Block(protocol.Block2); ok {
		if b.More || b.Num > 0 { // else all there is fits the block, whatever size is said
			c.block2 = max(c.block2, b.Size())
			if c.smallest == 0 || b.Size() < c.smallest {
				c.smallest = b.Size()
			}
		}
		text := "it answers with the option; what was asked for fits one block"
		switch {
		case c.block2 > c.smallest:
			text = fmt.Sprintf("blocks of %d bytes, and of %d where those are asked for", c.block2, c.smallest)
		case c.block2 > 0:
			text = fmt.Sprintf("blocks of %d bytes", c.block2)
		}
		if c.findings[Blocks].Text != text {
			c.better(Blocks, e, "%s", text)
		}
	}
	if b, ok := r.Block(protocol.Block1); ok && b.Size() > c.block1 {
		c.block1 = b.Size()
		if e.Response.Code.Class() == 2 {
			c.better(Uploads, e, "%s takes blocks of %d bytes", e.Request.Path(), b.Size())
		}
	}
	if e.Response.Code == protocol.BadOption && (q.Has(protocol.QBlock1) || q.Has(protocol.QBlock2)) {
		c.set(QBlocks, No, e, "4.02 to the option") // which may come back with it
	} else if r.Has(protocol.QBlock1) || r.Has(protocol.QBlock2) {
		c.set(QBlocks, Yes, e, "%s does it", e.Request.Path())
	}
	if size, ok := r.Uint(protocol.Size2); ok {
		c.set(Sizes, Yes, e, "%s says that it has %d bytes", e.Request.Path(), size)
	}
}

func (c *Card) learnProxy(e *Exchange) {
	switch code := e.Response.Code; {
	case code == protocol.ProxyingNotSupported:
		c.set(Proxying, No, e, "5.05: it is no forward proxy")
	case code == protocol.BadOption:
		c.set(Proxying, No, e, "4.02: it does not know the option, where 5.05 says that it is no proxy")
	case code == protocol.BadGateway, code == protocol.GatewayTimeout, code == protocol.HopLimitReached:
		c.set(Proxying, Yes, e, "%s: it tried to go on to the host", code.Dotted())
	case code.Class() == 2:
		c.set(Proxying, Yes, e, "%s for another host", code.Dotted())
	default:
		c.set(Proxying, Unknown, e, "%s tells neither", code.Dotted())
	}
}
