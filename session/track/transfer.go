package track

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// TransferIndex numbers the transfers of a [Tracker] from 1 in the order in which they were recognised; 0 is none.
type TransferIndex uint32

// Part tells the body of a request from that of a response.
type Part uint8

const (
	RequestBody  Part = iota // moved by Block1 or Q-Block1
	ResponseBody             // moved by Block2 or Q-Block2
)

// TransferState is how far a transfer has come.
type TransferState uint8

const (
	TransferOpen     TransferState = iota // more is to come, or did not come
	TransferComplete                      // the response is there, with its body if that comes in blocks
	TransferFailed                        // ended by an error or RST; or the body changed while it was fetched
)

// String gives the state as a word.
func (s TransferState) String() string {
	switch s {
	case TransferOpen:
		return "open"
	case TransferComplete:
		return "complete"
	case TransferFailed:
		return "failed"
	}
	return fmt.Sprintf("TransferState(%d)", uint8(s))
}

// Body is what is known of the body of a request or response that moves in blocks, of at most 1 GiB
// (RFC 7959 §2.2, RFC 8323 §6, RFC 9177 §4).
type Body struct {
	Present    bool // there are blocks of it, or blocks of it were asked for
	QBlock     bool // they come by Q-Block1 or Q-Block2 (RFC 9177)
	BERT       bool // one of them was several blocks of 1024 (RFC 8323 §6)
	BlockSize  int  // of the latest
	Reductions int  // how often the size of blocks became smaller
	Blocks     int  // messages that brought something new
	Retried    int  // messages with what was there already
	Asked      int  // blocks that the recipient asked for again: by 4.08 with a list (RFC 9177 §5), by Q-Block2
	Foreign    int  // messages that do not fit: of another representation, by ETag or code; or of one gap too many (4,096)

	Received int64 // bytes that are there
	Size     int64 // by Size1 or Size2, or by the last block; -1 where neither is known
	Gaps     int   // parts that are missing, a missing end included if the size is known
	Complete bool  // all blocks up to the last are there
	ETag     []byte
}

// Transfer is what a [Tracker] knows of the exchanges that together move a body, or two: first that of the request,
// then that of the response (RFC 7959 §3.3).
type Transfer struct {
	Index          TransferIndex
	Client, Server netip.AddrPort // Server is who answered, if the request went to a group
	Framing        protocol.Framing
	Method         protocol.Code  // Empty where the request was not seen
	Path, Query    string         // as in [Exchange]
	Token          protocol.Token // of the latest request
	RequestTag     []byte         // nil for none (RFC 9175 §3)

	State             TransferState
	Code              protocol.Code // of the latest response; Empty for none
	Request, Response Body

	First, Last           time.Time
	FirstFrame, LastFrame uint64
	FrameCount            int
	Exchanges             int // requests, and unasked notifications
	Restarts              int // how often it began again with the first block; what came before is forgotten

	Observation  ObservationIndex // whose notification the body of the response is; 0 for none
	Notification int              // its number there
}

// Piece is a part of a body, and where it stands: Length bytes of the frame's message from Start are those of the body
// from Offset.
type Piece struct {
	Frame         uint64
	Offset        int64
	Start, Length int
}

// Gap is a part of a body that is missing.
type Gap struct{ Offset, Length int64 }

// Transfers is the number of transfers.
func (t *Tracker) Transfers() int { return t.transfers.length }

// Transfer gives the transfer as it is now; false if there is none with that index.
func (t *Tracker) Transfer(i TransferIndex) (Transfer, bool) {
	if i == 0 || int(i) > t.transfers.length {
		return Transfer{}, false
	}
	c := t.transfers.at(int(i) - 1)
	out := Transfer{
		Index: i, Client: c.client.addr, Server: c.server.addr, Framing: c.framing, Method: c.method, Token: c.token,
		RequestTag: c.tag.bytes(), State: c.state, Code: c.code,
		Request: c.bodies[RequestBody].public(), Response: c.bodies[ResponseBody].public(),
		First: t.epoch.Add(c.first), Last: t.epoch.Add(c.last), FrameCount: int(c.frames),
		FirstFrame: t.frames.at(int(c.firstAt) - 1).frame, LastFrame: t.frames.at(int(c.lastAt) - 1).frame,
		Exchanges: int(c.exchanges), Restarts: int(c.restarts),
		Observation: c.observation, Notification: int(c.notification),
	}
	if c.resource != nil {
		out.Path, out.Query = c.resource.path, c.resource.query
	}
	return out, true
}

// TransferFrames gives the frames of a transfer in order, those of retransmissions and acknowledgements included; nil
// if there is none with that index. It goes through all frames between the first and the last.
func (t *Tracker) TransferFrames(i TransferIndex) []uint64 {
	if i == 0 || int(i) > t.transfers.length {
		return nil
	}
	return t.AppendTransferFrames(make([]uint64, 0, t.transfers.at(int(i)-1).frames), i)
}

// AppendTransferFrames appends the frames of a transfer that come after the last one in frames, which is of the same
// transfer, so that who follows one does not go through all frames again. A frame before that one may become one of
// the transfer all the same; then there are fewer in frames than its FrameCount.
func (t *Tracker) AppendTransferFrames(frames []uint64, i TransferIndex) []uint64 {
	if i == 0 || int(i) > t.transfers.length {
		return frames
	}
	c := t.transfers.at(int(i) - 1)
	at := c.firstAt
	if n := len(frames); n > 0 {
		last := t.position(frames[n-1])
		if last == 0 || t.frames.at(int(last)-1).transfer != i {
			return frames
		}
		at = last + 1
	}
	for ; at <= c.lastAt; at++ {
		if f := t.frames.at(int(at) - 1); f.transfer == i {
			frames = append(frames, f.frame)
		}
	}
	return frames
}

// AppendPieces appends the pieces of a body of the transfer, in the order of the body. They do not overlap: what came
// twice is the first that came, as RFC 9177 §4.3 and §4.4 have it.
func (t *Tracker) AppendPieces(pieces []Piece, i TransferIndex, part Part) []Piece {
	if i == 0 || int(i) > t.transfers.length || part > ResponseBody {
		return pieces
	}
	n := len(pieces)
	for at := t.transfers.at(int(i) - 1).bodies[part].head; at != 0; {
		p := t.pieces.at(int(at) - 1)
		pieces = append(pieces, Piece{t.frames.at(int(p.frame) - 1).frame, int64(p.offset), int(p.start), int(p.length)})
		at = p.next
	}
	slices.SortFunc(pieces[n:], func(a, b Piece) int { return int(a.Offset - b.Offset) })
	return pieces
}

// Reassemble puts a body together from pieces in the order of the body, as [Tracker.AppendPieces] gives them, and what
// data gives for each frame: its message, as the tracker saw it. Bytes that are missing are left out, also where data
// gives nil or less than there was; gaps tells which, in order, up to the last piece.
func Reassemble(pieces []Piece, data func(frame uint64) []byte) (body []byte, gaps []Gap) {
	at := int64(0)
	for _, p := range pieces {
		b := data(p.Frame)
		if len(b) < p.Start+p.Length {
			continue
		}
		if p.Offset > at {
			gaps = append(gaps, Gap{at, p.Offset - at})
		}
		body = append(body, b[p.Start:p.Start+p.Length]...)
		at = p.Offset + int64(p.Length)
	}
	if n := len(pieces); n > 0 {
		if end := pieces[n-1].Offset + int64(pieces[n-1].Length); end > at {
			gaps = append(gaps, Gap{at, end - at})
		}
	}
	return body, gaps
}

// transfer is a Transfer in a form fit for many.
type transfer struct {
	client, server  *trackedEndpoint
	resource        *resource
	key             uint64 // of the request; 0 where it was not seen
	token           protocol.Token
	tag             opaque
	first, last     time.Duration
	firstAt, lastAt uint32 // frames, as positions in Tracker.frames and one more
	frames          uint32
	exchanges       uint32
	restarts        uint32
	latest          Index         // of the latest request that brought or asked for a block
	older           TransferIndex // the one before it with the same key
	observation     ObservationIndex
	notification    uint32
	sequence        uint32 // Observe of the notification
	method, code    protocol.Code
	framing         protocol.Framing
	state           TransferState
	varied          bool // requests had different tokens
	waiting         bool // for the response to the latest request
	final           bool // the body of the request has its response
	again           bool // it is expected to begin again
	bodies          [2]body
}

// opaque is the value of an ETag or Request-Tag. Of one that is longer than the RFCs allow, the first 8 bytes count.
type opaque struct {
	value   [8]byte
	length  uint8
	present bool
}

func opaqueOf(b []byte) (o opaque) {
	o.length, o.present = uint8(copy(o.value[:], b)), true
	return o
}

func (o *opaque) bytes() []byte {
	if !o.present {
		return nil
	}
	return append(make([]byte, 0, o.length), o.value[:o.length]...)
}
