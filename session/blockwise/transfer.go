package blockwise

import (
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
	plain                    // one exchange, whatever comes
	validating               // the peer is asked whether what is there is still right
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
	memory   []byte // the body where it is in memory
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
	sent1   int64          // bytes that the peer has
	created *protocol.Message
	buffer  []byte // of the payload on its way
	next1   repeated

	// The download.
	szx2     uint8 // size exponent asked for
	asked2   bool  // Block2 was asked for: what can begin the response has it from then on
	resumed  bool  // the blocks before at are there from an earlier transfer
	first    protocol.Message
	at       int64  // bytes of the body that are there, where the next block begins
	received []byte // them, where they go to no sink
	last     protocol.Block
	blocks   int
	total    int64
	etag     []byte
	next2    repeated
}

// New makes a transfer of the request with its whole body as Payload. Type, token and all options
// are kept; message IDs are the business of the owner. A request that has a Block option is a plain
// exchange ([Config.Plain]).
func New(config Config, request protocol.Message) *Transfer {
	t := new(Transfer)
	t.Init(config, request, nil, 0)
	return t
}

// NewUpload is New with a body of size bytes that is read block by block; the Payload of the request
// is ignored. A block may be read more than once.
func NewUpload(config Config, request protocol.Message, body io.ReaderAt, size int64) *Transfer {
	t := new(Transfer)
	t.init(config, request, body, size)
	return t
}

// Init makes a new transfer of t, as [NewUpload] does where there is a body to read, and else as [New] does.
func (t *Transfer) Init(config Config, request protocol.Message, body io.ReaderAt, size int64) {
	if body != nil {
		t.init(config, request, body, size)
		return
	}
	t.init(config, request, nil, int64(len(request.Payload)))
	t.memory = request.Payload
}

func (t *Transfer) init(config Config, request protocol.Message, body io.ReaderAt, size int64) {
	if config.BlockSize == 0 {
		config.BlockSize = 1 << (maxSZX + 4)
	}
	if config.ResponseBlockSize == 0 {
		config.ResponseBlockSize = config.BlockSize
	}
	request.Payload = nil
	if config.RequestTag != nil {
		request.Options = request.Options.Set(protocol.RequestTag, config.RequestTag)
	}
	*t = Transfer{
		config: config, request: request, body: body, bodySize: size, total: -1,
		szx: protocol.SZXFor(config.BlockSize), szx2: protocol.SZXFor(config.ResponseBlockSize),
	}
}

// Start gives the first message to send.
func (t *Transfer) Start() Step {
	if t.phase != idle {
		return t.misuse("started twice", "RFC 7959 §2.3")
	}
	if failed := t.checkRequest(); failed != nil {
		return *failed
	}
	if t.config.Plain || hasBlock(t.request.Options) {
		return t.sendPlain()
	}
	if failed := t.checkResume(); failed != nil {
		return *failed
	}
	if from := t.config.ResumeDownload; from.Validate && from.Offset > 0 {
		return t.validate()
	}
	return t.begin(t.config.ResumeDownload.Offset, t.config.ResumeUpload)
}

// Continue makes a transfer of which the first response is there already: a notification with the
// first block of a representation (RFC 7959 §2.6), or a response to a multicast request (§2.8). The
// request is the one that led to it, in the form that further requests shall have: of type CON, and
// sent to the peer alone; Block options that it had are left out. Of a response that is whole, the
// step is [Done]. What the configuration says of plain exchanges and of resuming does not apply.
func Continue(config Config, request, first protocol.Message) (*Transfer, Step) {
	if hasBlock(request.Options) {
		request.Options = request.Options.Without(protocol.Block1).Without(protocol.Block2)
	}
	t := New(config, request)
	if failed := t.checkRequest(); failed != nil {
		return t, *failed
	}
	t.phase, t.answered = whole, true
	return t, t.Handle(first)
}

func (t *Transfer) checkRequest() *Failed {
	switch {
	case !t.request.Code.IsRequest():
		f := t.misuse(fmt.Sprintf("%v is not a request", t.request.Code), "RFC 7252 §12.1.1")
		return &f
	case len(t.config.RequestTag) > 8:
		f := t.misuse(fmt.Sprintf("a Request-Tag of %d bytes, where 8 are the most", len(t.config.RequestTag)), "RFC 9175 §3.2.1")
		return &f
	case t.bodySize > 0 && t.body == nil && t.memory == nil:
		f := t.misuse(fmt.Sprintf("a body of %d bytes, and nothing to read it from", t.bodySize), "RFC 7959 §2.5")
		return &f
	case t.bodySize < 0:
		f := t.misuse(fmt.Sprintf("a body of %d bytes", t.bodySize), "RFC 7959 §2.5")
		return &f
	}
	return nil
}

// begin sends the request from its beginning: its body from the offset up, to ask for the response's
// body from the offset down.
func (t *Transfer) begin(down, up int64) Step {
	t.first, t.received, t.etag, t.total, t.blocks, t.at = protocol.Message{}, nil, nil, -1, 0, 0
	t.created, t.acked, t.sent1, t.resumed = nil, 0, 0, false
	t.next1, t.next2 = repeated{}, repeated{}
	if size := int64(protocol.Block{SZX: t.szx}.Size()); t.bodySize > size {
		t.phase = uploading
		t.sent1 = min(up, t.bodySize-1) / size * size
		return t.sendBlock1(t.sent1)
	}
	t.phase = whole
	m := t.message()
	num := down / int64(protocol.Block{SZX: t.szx2}.Size())
	if num > 0 {
		t.resumed, t.at = true, num*int64(protocol.Block{SZX: t.szx2}.Size())
		if etag := t.config.ResumeDownload.ETag; len(etag) > 0 {
			t.etag = etag
		}
	}
	if num > 0 || t.proposes() {
		m.Options = t.askBlock2(m.Options, uint32(num))
	}
	m.Options = t.askSize(m.Options)
	return t.sendWhole(m)
}

// sendWhole sends a message with the whole body of the request.
func (t *Transfer) sendWhole(m protocol.Message) Step {
	payload, failed := t.read(0, int(t.bodySize))
	if failed != nil {
		return *failed
	}
	m.Payload = payload
	return Send{m}
}

// maxPlain is the largest payload of a single message, in bytes: no datagram is larger.
const maxPlain = 1<<16 - 1

func (t *Transfer) sendPlain() Step {
	if t.bodySize > maxPlain {
		return t.fail(&Error{Reason: TooLarge, Section: "RFC 7252 §4.6", Expected: fmt.Sprintf("at most %d bytes in one message", maxPlain), Actual: fmt.Sprint(t.bodySize)})
	}
	t.phase = plain
	return t.sendWhole(t.request)
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
	case validating:
		return t.handleValidation(response)
	case plain:
		t.noteUploaded(response)
		return t.finish(response)
	case whole, idle, ended:
	}
	if response.Code == protocol.RequestEntityTooLarge {
		if step := t.tryBlock1(response); step != nil {
			return step
		}
	}
	t.noteUploaded(response)
	return t.handleFirst(response)
}

func (t *Transfer) noteUploaded(response protocol.Message) {
	if response.Code.Class() == 2 {
		t.sent1 = t.bodySize
	}
}

// Progress tells how far the transfer has come. Before the response begins it is that of the upload.
func (t *Transfer) Progress() Progress {
	if t.blocks > 0 {
		return Progress{Download, t.last, t.blocks, t.at, t.total, t.restarts}
	}
	return Progress{Upload, t.sent, t.acked, t.sent1, t.bodySize, t.restarts}
}

// restart begins anew, from the first byte of both bodies.
func (t *Transfer) restart() Step {
	t.restarts++
	return t.begin(0, 0)
}

func (t *Transfer) fail(err *Error) Failed {
	t.phase = ended
	return Failed{err}
}

func (t *Transfer) misuse(what, section string) Failed {
	return t.fail(&Error{Reason: Misuse, Actual: what, Section: section})
}

func (t *Transfer) done(response protocol.Message) Step {
	plain := t.phase == plain
	t.phase = ended
	if plain {
		return Done{response}
	}
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
