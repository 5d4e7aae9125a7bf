package qblock

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"coapscope/protocol"
)

// maxSZX is the largest size exponent on UDP (RFC 7959 §2.2).
const maxSZX = 6

type phase uint8

const (
	idle        phase = iota // before the first Tick
	probing                  // a CON asks whether the peer does Q-Block
	opening                  // the request goes in one message
	uploading                // its body goes by Q-Block1
	awaiting                 // all blocks were sent
	downloading              // a block of the response is there
	resting                  // a body is complete and others may follow: notifications
	ended
)

// want is what there is to send, besides blocks of the request's body.
type want uint8

const (
	wantNothing  want = iota
	wantProbe         // whether the peer does Q-Block
	wantOpening       // the request, in one message
	wantLast          // the last block again
	wantMissing       // to ask for the blocks that are missing
	wantContinue      // to ask for the next set
	wantWhole         // to ask for the body from its beginning
)

// Transfer is one logical request. It is not safe for concurrent use.
type Transfer struct {
	config  Config
	p       Parameters
	request protocol.Message // without its payload
	body    io.ReaderAt
	size    int64
	con     bool
	observe bool          // the request registers for notifications
	pause   time.Duration // NON_TIMEOUT_RANDOM, the same for the whole body

	phase     phase
	want      want
	more      bool // there is something to send now
	now       time.Time
	due       time.Time // when the peer has been silent too long; zero for never
	limit     time.Time // of Config.Timeout; zero for none
	silent    int       // how often in a row something was sent again because of silence
	supported bool      // the peer has shown that it does Q-Block
	presumed  bool      // it has been asked, and has neither refused nor shown it
	restarts  int

	last   Number
	opened Number // the newest that asks for the body from its beginning
	open   map[Number]message
	ages   []Number // of open, oldest first; some may have been released

	up   upload
	down download
}

// New makes a transfer of the request with a body of size bytes that is read block by block, some more than
// once; a nil body stands for the Payload of the request, which is ignored otherwise. The request must not
// have Block options. All options are kept.
func New(config Config, request protocol.Message, body io.ReaderAt, size int64) *Transfer {
	config.complete()
	if body == nil {
		body, size = bytes.NewReader(request.Payload), int64(len(request.Payload))
	}
	request.Payload = nil
	t := &Transfer{
		config: config, p: config.Parameters, request: request, body: body, size: size,
		con: request.Type == protocol.Confirmable, open: make(map[Number]message),
	}
	v, ok := request.Options.Uint(protocol.Observe)
	t.observe = ok && v == protocol.ObserveRegister
	t.pause = t.p.TimeoutRandom(config.random())
	t.supported = config.Supported
	t.up.szx = protocol.SZXFor(config.BlockSize)
	t.down.szx = protocol.SZXFor(config.ResponseBlockSize)
	t.up.tag = config.RequestTag
	if t.up.tag == nil {
		t.up.tag = protocol.EncodeUint(config.Rand.Uint64()>>32 | 1<<31)
	}
	return t
}

// Supported tells whether the peer has shown that it does Q-Block, or was known to.
func (t *Transfer) Supported() bool { return t.supported }

// Handle takes an input and appends what comes of it to out, in the order in which it is to be done.
// Whatever else is due by now comes with it. The first input is a [Tick]. Time must not run backwards.
func (t *Transfer) Handle(now time.Time, in Input, out []Output) []Output {
	t.now = now
	switch in := in.(type) {
	case Response:
		out = t.response(in, out)
	case Acknowledged:
		t.acknowledged(in.To)
	case Unanswered:
		out = t.unanswered(in, out)
	case Tick:
		if t.phase == idle {
			out = t.start(out)
		}
	}
	if t.phase != ended {
		out = t.expire(out)
	}
	if t.phase != ended {
		out = t.send(out)
	}
	t.more = t.phase != ended && (t.want != wantNothing || t.blockReady())
	return out
}

// Deadline tells when to call Handle with a [Tick], at the latest; false if there is no need to.
func (t *Transfer) Deadline() (time.Time, bool) {
	if t.phase == ended {
		return time.Time{}, false
	}
	if t.more {
		return t.now, true
	}
	var first time.Time
	for _, at := range [...]time.Time{t.due, t.limit, t.up.hold, t.down.expires} {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, !first.IsZero()
}

// Progress tells how far the transfer has come. Before the response begins it is that of the upload.
func (t *Transfer) Progress() Progress {
	if t.down.begun {
		return t.down.progress(t)
	}
	return t.up.progress(t)
}

func (t *Transfer) start(out []Output) []Output {
	for _, n := range []protocol.OptionNumber{protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2} {
		if t.request.Options.Has(n) {
			return t.fail(&Error{Reason: Misuse, Actual: "the request has " + n.String() + " itself", Section: "RFC 9177 §4.1"}, out)
		}
	}
	switch {
	case !t.request.Code.IsRequest() || t.request.Type > protocol.NonConfirmable:
		return t.fail(&Error{Reason: Misuse, Actual: fmt.Sprintf("%v %v is not a request", t.request.Type, t.request.Code), Section: "RFC 7252 Table 1"}, out)
	case t.request.Code == protocol.DELETE:
		return t.fallBack(&Error{Reason: Unsupported, Actual: "DELETE carries no body", Section: "RFC 9177 §4.1"}, nil, out)
	case t.request.Options.Has(protocol.NoResponse):
		return t.fallBack(&Error{Reason: Unsupported, Actual: "No-Response does not go with it", Section: "RFC 9177 §3"}, nil, out)
	case !t.con && !t.supported:
		t.phase, t.want = probing, wantProbe
		return out
	}
	return t.begin(out)
}

// begin sends the request from its beginning.
func (t *Transfer) begin(out []Output) []Output {
	t.silent, t.due, t.limit = 0, time.Time{}, time.Time{}
	size := int64(protocol.Block{SZX: t.up.szx}.Size())
	if t.size <= size {
		t.phase, t.want = opening, wantOpening
		return out
	}
	blocks := (t.size + size - 1) / size
	if blocks > protocol.MaxBlockNum+1 {
		return t.fail(&Error{
			Reason: TooLarge, Option: protocol.QBlock1, Section: "RFC 9177 §4.2",
			Expected: fmt.Sprintf("at most %d bytes in blocks of %d", size*(protocol.MaxBlockNum+1), size), Actual: fmt.Sprint(t.size),
		}, out)
	}
	t.up.begin(uint32(blocks))
	t.phase, t.want = uploading, wantNothing
	return out
}

// restart sends the body anew, as another body: with the next Request-Tag.
func (t *Transfer) restart(out []Output) []Output {
	out = t.releaseAll(0, out)
	t.restarts++
	tag := bytes.Clone(t.up.tag)
	for i := len(tag) - 1; i >= 0; i-- {
		if tag[i]++; tag[i] != 0 {
			break
		}
	}
	t.up.tag = tag
	return t.begin(out)
}

// expire acts on what is due.
func (t *Transfer) expire(out []Output) []Output {
	reached := func(at time.Time) bool { return !at.IsZero() && !t.now.Before(at) }
	switch {
	case t.phase == downloading && reached(t.down.expires):
		return t.incomplete(out)
	case reached(t.limit):
		return t.noResponse(out)
	case !reached(t.due):
		return out
	}
	t.due = time.Time{}
	switch t.phase {
	case downloading:
		if t.want = wantMissing; t.down.paused { // it may wait for a word
			t.want, t.down.paused = wantContinue, false
			t.waitForBlocks()
		}
	case opening, awaiting:
		switch {
		case t.presumed && !t.supported && t.idempotent():
			// A NON with a critical option that is not known may be ignored silently (RFC 9177 §4.1).
			return t.fallBack(&Error{Reason: Unsupported, Actual: "NON requests with the option are ignored", Section: "RFC 9177 §4.1"}, nil, out)
		case t.con || t.silent >= t.p.NonMaxRetransmit:
			return t.noResponse(out)
		}
		t.silent++
		switch {
		case t.phase == awaiting:
			t.want = wantLast
		case t.idempotent():
			t.want = wantOpening
		default:
			t.due = t.now.Add(t.p.timeToWait(t.silent + 1))
		}
	case idle, probing, uploading, resting, ended:
	}
	return out
}

// idempotent tells whether the request may be made again (RFC 7252 §5.1, RFC 8132 §2–3).
func (t *Transfer) idempotent() bool {
	return t.request.Code != protocol.POST && t.request.Code != protocol.PATCH
}

// safe tells whether the request changes nothing.
func (t *Transfer) safe() bool {
	return t.request.Code == protocol.GET || t.request.Code == protocol.FETCH
}

func (t *Transfer) noResponse(out []Output) []Output {
	err := &Error{
		Reason: NoResponse, Section: "RFC 9177 §7.2",
		Actual: fmt.Sprintf("all of the request was sent, and nothing came back until NON_MAX_RETRANSMIT (%d) was exceeded", t.p.NonMaxRetransmit),
	}
	switch {
	case !t.limit.IsZero() && !t.now.Before(t.limit):
		err.Actual = fmt.Sprintf("all of the request was sent, and nothing came back within %v", t.config.Timeout)
	case t.con:
		err.Actual = fmt.Sprintf("acknowledged, but no response within NON_PARTIAL_TIMEOUT (%v)", t.p.PartialTimeout())
	}
	if t.up.next > 0 {
		err.Option = protocol.QBlock1
	}
	return t.fail(err, out)
}

// send asks for the next message, if there is one to send now.
func (t *Transfer) send(out []Output) []Output {
	w := t.want
	t.want = wantNothing
	switch w {
	case wantNothing:
		return t.sendBlock(out)
	case wantProbe:
		return t.sendProbe(out)
	case wantOpening:
		return t.sendOpening(out)
	case wantLast:
		return t.sendLast(out)
	case wantMissing:
		return t.askMissing(out)
	case wantContinue:
		return t.ask(out, protocol.Block{Num: t.down.got.next, More: true, SZX: t.down.szx})
	case wantWhole:
		return t.ask(out, protocol.Block{More: true, SZX: t.down.szx})
	}
	return out
}

func (t *Transfer) acknowledged(n Number) {
	m, ok := t.open[n]
	if !ok || m.acked || !t.con {
		return
	}
	m.acked = true
	t.open[n] = m
	if m.kind == kindBlock {
		t.up.inflight--
	}
	if t.phase == opening || t.phase == awaiting && t.up.inflight == 0 {
		t.due = t.now.Add(t.p.PartialTimeout())
	}
}

func (t *Transfer) unanswered(in Unanswered, out []Output) []Output {
	m, ok := t.open[in.To]
	switch {
	case !ok:
		return out
	case in.Silence && m.kind != kindProbe:
		return out // there are timeouts for that
	}
	delete(t.open, in.To)
	switch {
	case in.Rejected && !t.proven():
		return t.fallBack(&Error{Reason: Unsupported, Actual: "the peer rejects the request (RST)", Section: "RFC 9177 §4.1", Cause: in.Err}, nil, out)
	case in.Rejected && t.down.begun && in.To != t.down.registered && !t.con:
		return out // the peer may be done with that request, and there are others to come
	}
	reason := NotSent
	if in.Silence {
		reason = NoResponse
	}
	return t.fail(&Error{Reason: reason, Actual: fmt.Sprint(in.Err), Section: "RFC 7252 §4.2", Cause: in.Err}, out)
}

// proven tells whether the peer has used Q-Block in this transfer.
func (t *Transfer) proven() bool { return t.supported && (t.down.begun || t.up.heard) }

func (t *Transfer) response(in Response, out []Output) []Output {
	m, ok := t.open[in.To]
	if !ok || t.phase == idle || t.phase == ended {
		return out
	}
	code := in.Message.Code
	if !code.IsResponse() {
		return t.fail(&Error{Reason: UnexpectedCode, Expected: "a response", Actual: code.String(), Section: "RFC 7252 §5.2", Code: code}, out)
	}
	t.acknowledged(in.To)
	if t.phase == probing {
		return t.probed(in, out)
	}
	for _, n := range []protocol.OptionNumber{protocol.QBlock1, protocol.QBlock2} {
		if _, _, err := block(in.Message, n); err != nil {
			return t.fail(err, out)
		}
	}
	switch t.phase {
	case opening, uploading, awaiting:
		if code == protocol.BadOption && !t.proven() {
			return t.refused(code, out)
		}
		return t.answered(in, m, out)
	case downloading:
		return t.further(in, m, out)
	case resting:
		return t.notified(in, out)
	case idle, probing, ended:
	}
	return out
}

// block reads a Q-Block option of a response. ok is false where there is none.
func block(m protocol.Message, n protocol.OptionNumber) (b protocol.Block, ok bool, err *Error) {
	count := 0
	for value := range m.Options.All(n) {
		var valid bool
		if b, valid = protocol.DecodeBlock(value); !valid {
			return b, false, &Error{InvalidOption, n, "a value of at most 3 bytes", fmt.Sprintf("%x", value), "RFC 9177 §4.1", m.Code, nil}
		}
		count++
	}
	switch {
	case count > 1:
		return b, false, &Error{InvalidOption, n, "the option once", fmt.Sprintf("%d times", count), "RFC 9177 §4.1", m.Code, nil}
	case b.SZX > maxSZX:
		return b, false, &Error{InvalidOption, n, "a size exponent of 0 to 6", fmt.Sprint(b.SZX), "RFC 7959 §2.2", m.Code, nil}
	}
	return b, count == 1, nil
}

func (t *Transfer) fail(err *Error, out []Output) []Output {
	t.phase = ended
	return append(out, Failed{err})
}

func (t *Transfer) fallBack(why *Error, first *protocol.Message, out []Output) []Output {
	t.phase = ended
	return append(out, FallBack{why, first})
}

// done gives a response that is complete, and rests if notifications may follow.
func (t *Transfer) done(to Number, response protocol.Message, out []Output) []Output {
	_, observed := response.Options.First(protocol.Observe)
	observed = observed && t.observe && response.Code.Class() == 2
	if response.Options.Has(protocol.QBlock1) || response.Options.Has(protocol.QBlock2) {
		response.Options = response.Options.Without(protocol.QBlock1).Without(protocol.QBlock2)
	}
	t.want, t.due, t.limit, t.down.expires, t.up.hold = wantNothing, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	t.phase = ended
	if observed {
		t.phase = resting
		t.down.registered = to
		if !t.down.begun {
			t.down.began = t.now
		}
		t.down.observed, _ = response.Options.Uint(protocol.Observe)
		t.down.hasObserve = true
		out = t.releaseAll(to, out)
	}
	return append(out, Done{to, response, observed})
}
