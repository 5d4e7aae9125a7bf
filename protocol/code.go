package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// Code is a request method, response code or signalling code: three bits of class
// and five of detail, written c.dd (RFC 7252 §3, §12.1).
type Code uint8

// MakeCode builds the code class.detail, for example MakeCode(2, 5) for 2.05.
// Bits beyond three of class and five of detail are dropped.
func MakeCode(class, detail uint8) Code { return Code(class<<5 | detail&0x1f) }

// Codes of the IANA registry.
const (
	Empty  Code = 0
	GET    Code = 1
	POST   Code = 2
	PUT    Code = 3
	DELETE Code = 4
	FETCH  Code = 5
	PATCH  Code = 6
	IPATCH Code = 7

	Created  Code = 2<<5 | 1
	Deleted  Code = 2<<5 | 2
	Valid    Code = 2<<5 | 3
	Changed  Code = 2<<5 | 4
	Content  Code = 2<<5 | 5
	Continue Code = 2<<5 | 31

	BadRequest               Code = 4 << 5
	Unauthorized             Code = 4<<5 | 1
	BadOption                Code = 4<<5 | 2
	Forbidden                Code = 4<<5 | 3
	NotFound                 Code = 4<<5 | 4
	MethodNotAllowed         Code = 4<<5 | 5
	NotAcceptable            Code = 4<<5 | 6
	RequestEntityIncomplete  Code = 4<<5 | 8
	Conflict                 Code = 4<<5 | 9
	PreconditionFailed       Code = 4<<5 | 12
	RequestEntityTooLarge    Code = 4<<5 | 13
	UnsupportedContentFormat Code = 4<<5 | 15
	UnprocessableEntity      Code = 4<<5 | 22
	TooManyRequests          Code = 4<<5 | 29

	InternalServerError  Code = 5 << 5
	NotImplemented       Code = 5<<5 | 1
	BadGateway           Code = 5<<5 | 2
	ServiceUnavailable   Code = 5<<5 | 3
	GatewayTimeout       Code = 5<<5 | 4
	ProxyingNotSupported Code = 5<<5 | 5
	HopLimitReached      Code = 5<<5 | 8

	CSM     Code = 7<<5 | 1
	Ping    Code = 7<<5 | 2
	Pong    Code = 7<<5 | 3
	Release Code = 7<<5 | 4
	Abort   Code = 7<<5 | 5
)

// CodeInfo is a row of the code registry.
type CodeInfo struct {
	Code      Code
	Name      string
	Reference string
}

var codeTable = [...]CodeInfo{
	{Empty, "Empty", "RFC 7252 §4.1"},
	{GET, "GET", "RFC 7252 §5.8.1"},
	{POST, "POST", "RFC 7252 §5.8.2"},
	{PUT, "PUT", "RFC 7252 §5.8.3"},
	{DELETE, "DELETE", "RFC 7252 §5.8.4"},
	{FETCH, "FETCH", "RFC 8132 §2"},
	{PATCH, "PATCH", "RFC 8132 §3"},
	{IPATCH, "iPATCH", "RFC 8132 §3"},
	{Created, "Created", "RFC 7252 §5.9.1.1"},
	{Deleted, "Deleted", "RFC 7252 §5.9.1.2"},
	{Valid, "Valid", "RFC 7252 §5.9.1.3"},
	{Changed, "Changed", "RFC 7252 §5.9.1.4"},
	{Content, "Content", "RFC 7252 §5.9.1.5"},
	{Continue, "Continue", "RFC 7959 §2.9.1"},
	{BadRequest, "Bad Request", "RFC 7252 §5.9.2.1"},
	{Unauthorized, "Unauthorized", "RFC 7252 §5.9.2.2"},
	{BadOption, "Bad Option", "RFC 7252 §5.9.2.3"},
	{Forbidden, "Forbidden", "RFC 7252 §5.9.2.4"},
	{NotFound, "Not Found", "RFC 7252 §5.9.2.5"},
	{MethodNotAllowed, "Method Not Allowed", "RFC 7252 §5.9.2.6"},
	{NotAcceptable, "Not Acceptable", "RFC 7252 §5.9.2.7"},
	{RequestEntityIncomplete, "Request Entity Incomplete", "RFC 7959 §2.9.2"},
	{Conflict, "Conflict", "RFC 8132 §3.4"},
	{PreconditionFailed, "Precondition Failed", "RFC 7252 §5.9.2.8"},
	{RequestEntityTooLarge, "Request Entity Too Large", "RFC 7959 §2.9.3"},
	{UnsupportedContentFormat, "Unsupported Content-Format", "RFC 7252 §5.9.2.10"},
	{UnprocessableEntity, "Unprocessable Entity", "RFC 8132 §3.4"},
	{TooManyRequests, "Too Many Requests", "RFC 8516 §3"},
	{InternalServerError, "Internal Server Error", "RFC 7252 §5.9.3.1"},
	{NotImplemented, "Not Implemented", "RFC 7252 §5.9.3.2"},
	{BadGateway, "Bad Gateway", "RFC 7252 §5.9.3.3"},
	{ServiceUnavailable, "Service Unavailable", "RFC 7252 §5.9.3.4"},
	{GatewayTimeout, "Gateway Timeout", "RFC 7252 §5.9.3.5"},
	{ProxyingNotSupported, "Proxying Not Supported", "RFC 7252 §5.9.3.6"},
	{HopLimitReached, "Hop Limit Reached", "RFC 8768 §3"},
	{CSM, "CSM", "RFC 8323 §5.3"},
	{Ping, "Ping", "RFC 8323 §5.4"},
	{Pong, "Pong", "RFC 8323 §5.4"},
	{Release, "Release", "RFC 8323 §5.5"},
	{Abort, "Abort", "RFC 8323 §5.6"},
}

var (
	codeRows [256]*CodeInfo
	codeText [256]string // c.dd, made once: lists draw it for every row
	codeFull [256]string // the same with the name, if there is one
)

func init() {
	for i := range codeTable {
		codeRows[codeTable[i].Code] = &codeTable[i]
	}
	for i := range codeText {
		codeText[i] = fmt.Sprintf("%d.%02d", Code(i).Class(), Code(i).Detail())
		codeFull[i] = codeText[i]
		if row := codeRows[i]; row != nil {
			codeFull[i] += " " + row.Name
		}
	}
}

// Codes gives the whole code registry in order of number.
func Codes() []CodeInfo { return codeTable[:] }

// Class is the upper three bits: 0 request or Empty, 2 success, 4 client error,
// 5 server error, 7 signalling; 1, 3 and 6 are reserved or unassigned.
func (c Code) Class() uint8 { return uint8(c) >> 5 }

// Detail is the lower five bits.
func (c Code) Detail() uint8 { return uint8(c) & 0x1f }

// IsRequest tells whether the code is a method, 0.01 to 0.31.
func (c Code) IsRequest() bool { return c >= 1 && c < 32 }

// IsResponse tells whether the code is of class 2, 4 or 5.
func (c Code) IsResponse() bool { return c.Class() == 2 || c.Class() == 4 || c.Class() == 5 }

// IsSignaling tells whether the code is of class 7 (RFC 8323 §5), which UDP does not have.
func (c Code) IsSignaling() bool { return c.Class() == 7 }

// IsReserved tells whether RFC 7252 §12.1 keeps the class for later use (1, 3, 6, and 7 on UDP).
// A message with a code of a reserved class is rejected (RFC 7252 §4.2, §4.3).
func (c Code) IsReserved() bool { return c != Empty && !c.IsRequest() && !c.IsResponse() }

// Info gives the registry row of the code, or false for one that is not registered.
func (c Code) Info() (CodeInfo, bool) {
	if row := codeRows[c]; row != nil {
		return *row, true
	}
	return CodeInfo{Code: c}, false
}

// Dotted gives the code as c.dd, such as "2.05".
func (c Code) Dotted() string { return codeText[c] }

// ParseCode reads a code as [Code.Dotted] gives it.
func ParseCode(text string) (Code, error) {
	class, detail, _ := strings.Cut(text, ".")
	c, err1 := strconv.ParseUint(class, 10, 3)
	d, err2 := strconv.ParseUint(detail, 10, 5)
	if err1 != nil || err2 != nil || len(detail) != 2 {
		return 0, fmt.Errorf("%q is no code: write class and detail as in 0.30 or 4.28, from 0.00 to 7.31", text)
	}
	return MakeCode(uint8(c), uint8(d)), nil
}

// Short gives what engineers say: the method's name for a request ("GET"), otherwise c.dd ("2.05").
func (c Code) Short() string {
	if row := codeRows[c]; row != nil && c.IsRequest() {
		return row.Name
	}
	return codeText[c]
}

// String gives c.dd and, where registered, the name: "2.05 Content", "0.01 GET".
func (c Code) String() string { return codeFull[c] }
