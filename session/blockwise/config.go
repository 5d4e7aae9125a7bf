package blockwise

import "io"

// DefaultMaxBody is the largest body received into memory where the configuration does not say, in bytes.
const DefaultMaxBody = 64 << 20

// Config has the preferences for a transfer. The zero value is a good choice.
type Config struct {
	// BlockSize is the preferred size of blocks in both directions, in bytes, rounded down to a
	// power of two from 16 to 1024; 0 means 1024. Bodies up to it are sent whole.
	BlockSize int
	// ResponseBlockSize is the preferred size of the response's blocks where it is not BlockSize.
	ResponseBlockSize int
	// EarlyNegotiation tells the peer the preferred size before it sends the first block, by a
	// Block2 option in the request (RFC 7959 §2.4). A peer that does not know the option refuses
	// such a request, because it is critical.
	EarlyNegotiation bool
	// AskSize asks for the size of the response's body with the first block of it, by Size2 with
	// value 0 (RFC 7959 §4). The peer may ignore that.
	AskSize bool
	// MaxBody is the largest body received, in bytes; 0 means [DefaultMaxBody], or no limit but that
	// of the block numbers where there is a Sink.
	MaxBody int64
	// Sink, if set, takes the body of a successful response block by block, and [Done] has no
	// Payload. What an error response says is in its Payload all the same.
	Sink Sink
	// OnChange says what happens where the representation changes during a download, or has changed
	// since the part of it that is resumed (RFC 7959 §2.4).
	OnChange OnChange
	// RequestTag, unless it is nil, is in every message of the transfer, so that the peer does not mix
	// it up with another to the same resource: one that goes on at the same time, or was given up
	// (RFC 9175 §3.4 and §3.5). It has 0 to 8 bytes. A request with one block has no need of it.
	RequestTag []byte
	// Plain makes one exchange of the request as it is: no block follows, and the response keeps its
	// Block options. So is a request with a Block1 or Block2 option of its own treated, by which a
	// single block can be asked for, or sent.
	Plain bool
	// ResumeDownload goes on with a body of which the Sink has the beginning.
	ResumeDownload Resume
	// ResumeUpload is how many bytes of the request's body the peer has already; 0 for none. They are
	// sent as well if it says that it does not have them any more (4.08). It counts whole blocks: the
	// first that is sent is the one that has the byte at this offset.
	ResumeUpload int64
}

// Resume says what is there of a body. It is for methods that can be repeated, GET and FETCH, with a
// body of the request that fits one message, and without Observe.
type Resume struct {
	// Offset is how many bytes the Sink has; 0 is a download from the beginning. The first block that
	// is asked for is the one that has the byte at this offset.
	Offset int64
	// ETag is that of the representation which the bytes are of; empty where it is not known. The
	// first block received must have it, or the representation has changed.
	ETag []byte
	// Validate asks first, by a request with the ETag, whether the representation is still that one:
	// if it is, the peer says 2.03, else it sends the beginning of the new one (RFC 7252 §5.6.2).
	Validate bool
}

// Sink takes a body, block by block and in order. Before the first it is cut to where that begins:
// to nothing, or to what is resumed. A transfer that begins anew does so again. An [os.File] is one.
type Sink interface {
	io.WriterAt
	// Truncate leaves size bytes.
	Truncate(size int64) error
}

// OnChange is what happens when the representation changes under a download.
type OnChange uint8

const (
	// Restart begins anew, once, where the method may be repeated: GET and FETCH.
	Restart OnChange = iota
	// Fail ends the transfer with an [Error] of reason [Changed].
	Fail
)
