package blockwise

import (
	"bytes"
	"fmt"
	"io"

	"coapscope/protocol"
)

// maxRestarts bounds how often a transfer begins anew because the peer lost blocks, and how often
// because the representation changed meanwhile.
const maxRestarts = 1

// maxSZX is the largest size exponent on UDP (RFC 7959 §2.2).
const maxSZX = 6

type phase uint8

const (
	idle        phase = iota // before Start
	whole                    // the body of the request goes in one message
	uploading                // it goes by Block1
	downloading              // a first block of the response is there
	ended
)

// Transfer is one logical request. It is not safe for concurrent use.
type Transfer struct {
	config   Config
	request  protocol.Message // without its payload
	body     io.ReaderAt
	bodySize int64
	phase    phase
	restarts int
	resent   int // restarts because of 4.08, at most maxRestarts
	reread   int // restarts because the representation changed, at most maxRestarts
	// answered is true as soon as the response has begun: no request after it has Observe and the
	// request's token.
	answered bool

	// The upload.
	szx     uint8          // size exponent of blocks sent
	sent    protocol.Block // the block on its way
	acked   int            // blocks acknowledged
	sent1   int64          // bytes of them
	created *protocol.Message

	// The download.
	szx2     uint8 // size exponent asked for
	asked2   bool  // whether the last request had Block2
	first    protocol.Message
	received []byte
	last     protocol.Block
	blocks   int
	total    int64
	etag     []byte
}

// New makes a transfer of the request with its whole body as Payload. The request must not have
// Block options. Type, token and all options are kept; message IDs are the business of the owner.
func New(config Config, request protocol.Message) *Transfer {
	return NewUpload(config, request, bytes.NewReader(request.Payload), int64(len(request.Payload)))
}

// NewUpload is New with a body of size bytes that is read block by block; the Payload of the request
// is ignored. A block may be read more than once.
func NewUpload(config Config, request protocol.Message, body io.ReaderAt, size int64) *Transfer {
	if config.BlockSize == 0 {
		config.BlockSize = 1 << (maxSZX + 4)
	}
	if config.MaxBody == 0 {
		config.MaxBody = DefaultMaxBody
	}
	request.Payload = nil
	szx := protocol.SZXFor(config.BlockSize)
	return &Transfer{config: config, request: request, body: body, bodySize: size, szx: szx, szx2: szx, total: -1}
}

// Start gives the first message to send.
func (t *Transfer) Start() Step {
	if t.phase != idle {
		return t.fail(&Error{Reason: Misuse, Actual: "started twice", Section: "RFC 7959 §2.3"})
	}
	if failed := t.checkRequest(); failed != nil {
		return *failed
	}
	return t.begin()
}

// Continue makes a transfer of which the first response is there already: a notification with the
// first block of a representation (RFC 7959 §2.6), or a response to a multicast request (§2.8). The
// request is the one that led to it, in the form that further requests shall have: of type CON, and
// sent to the peer alone. Of a response that is whole, the step is [Done].
func Continue(config Config, request, first protocol.Message) (*Transfer, Step) {
	t := New(config, request)
	if failed := t.checkRequest(); failed != nil {
		return t, *failed
	}
	t.phase, t.answered = whole, true
	return t, t.Handle(first)
}

func (t *Transfer) checkRequest() *Failed {
	for _, n := range []protocol.OptionNumber{protocol.Block1, protocol.Block2} {
		if t.request.Options.Has(n) {
			f := t.fail(&Error{Reason: Misuse, Option: n, Actual: "the request asks for a block itself", Section: "RFC 7959 §2.1"})
			return &f
		}
	}
	if !t.request.Code.IsRequest() {
		f := t.fail(&Error{Reason: Misuse, Actual: fmt.Sprintf("%v is not a request", t.request.Code), Section: "RFC 7252 §12.1.1"})
		return &f
	}
	return nil
}

// begin sends the request from its beginning.
func (t *Transfer) begin() Step {
	t.first, t.received, t.etag, t.total, t.blocks = protocol.Message{}, nil, nil, -1, 0
	t.created, t.acked, t.sent1 = nil, 0, 0
	if t.bodySize > int64(protocol.Block{SZX: t.szx}.Size()) {
		t.phase = uploading
		return t.sendBlock1(0)
	}
	t.phase = whole
	payload, failed := t.read(0, int(t.bodySize))
	if failed != nil {
		return *failed
	}
	m := t.message()
	if t.proposes() {
		m.Options = t.askBlock2(m.Options, 0)
	}
	m.Payload = payload
	return Send{m}
}

// message gives the request without payload, for a part of the transfer that may begin the response.
func (t *Transfer) message() protocol.Message {
	m := t.request
	if t.answered {
		m.Token = protocol.Token{}
		m.Options = m.Options.Without(protocol.Observe)
	}
	return m
}

// Handle takes the response to the message sent last. It keeps none of the response's memory unless
// it gives it back in [Done].
func (t *Transfer) Handle(response protocol.Message) Step {
	switch {
	case t.phase == idle || t.phase == ended:
		return t.fail(&Error{Reason: Misuse, Actual: "a response that was not asked for", Section: "RFC 7959 §2.3", Code: response.Code})
	case !response.Code.IsResponse():
		return t.fail(&Error{Reason: UnexpectedCode, Expected: "a response", Actual: response.Code.String(), Section: "RFC 7252 §5.2", Code: response.Code})
	}
	switch t.phase {
	case uploading:
		return t.handleUpload(response)
	case downloading:
		return t.handleBlock(response)
	case whole, idle, ended:
	}
	if response.Code == protocol.RequestEntityTooLarge {
		if step := t.tryBlock1(response); step != nil {
			return step
		}
	}
	if response.Code.Class() == 2 {
		t.sent1 = t.bodySize
	}
	return t.handleFirst(response)
}

// Progress tells how far the transfer has come. Before the response begins it is that of the upload.
func (t *Transfer) Progress() Progress {
	if t.blocks > 0 {
		return Progress{Download, t.last, t.blocks, int64(len(t.received)), t.total, t.restarts}
	}
	return Progress{Upload, t.sent, t.acked, t.sent1, t.bodySize, t.restarts}
}

// restart begins anew.
func (t *Transfer) restart() Step {
	t.restarts++
	return t.begin()
}

func (t *Transfer) fail(err *Error) Failed {
	t.phase = ended
	return Failed{err}
}

func (t *Transfer) done(response protocol.Message) Step {
	t.phase = ended
	if response.Options.Has(protocol.Block1) || response.Options.Has(protocol.Block2) {
		response.Options = response.Options.Without(protocol.Block1).Without(protocol.Block2)
	}
	return Done{t.mergeCreated(response)}
}

// block reads a Block option of the response. ok is false where there is none.
func (t *Transfer) block(response protocol.Message, n protocol.OptionNumber) (b protocol.Block, ok bool, failed *Failed) {
	count := 0
	for value := range response.Options.All(n) {
		var valid bool
		if b, valid = protocol.DecodeBlock(value); !valid {
			f := t.fail(&Error{InvalidOption, n, "a value of at most 3 bytes", fmt.Sprintf("%x", value), "RFC 7959 §2.2", response.Code, nil})
			return b, false, &f
		}
		count++
	}
	switch {
	case count > 1:
		f := t.fail(&Error{InvalidOption, n, "the option once", fmt.Sprintf("%d times", count), "RFC 7959 §2.1", response.Code, nil})
		return b, false, &f
	case b.SZX > maxSZX:
		f := t.fail(&Error{InvalidOption, n, "a size exponent of 0 to 6", fmt.Sprint(b.SZX), "RFC 7959 §2.2", response.Code, nil})
		return b, false, &f
	}
	return b, count == 1, nil
}
