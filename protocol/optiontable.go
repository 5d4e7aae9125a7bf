package protocol

// Option numbers of the IANA registry.
const (
	IfMatch                       OptionNumber = 1
	URIHost                       OptionNumber = 3
	ETag                          OptionNumber = 4
	IfNoneMatch                   OptionNumber = 5
	Observe                       OptionNumber = 6
	URIPort                       OptionNumber = 7
	LocationPath                  OptionNumber = 8
	OSCORE                        OptionNumber = 9
	URIPath                       OptionNumber = 11
	ContentFormatOption           OptionNumber = 12
	MaxAge                        OptionNumber = 14
	URIQuery                      OptionNumber = 15
	HopLimit                      OptionNumber = 16
	Accept                        OptionNumber = 17
	QBlock1                       OptionNumber = 19
	LocationQuery                 OptionNumber = 20
	EDHOC                         OptionNumber = 21
	Block2                        OptionNumber = 23
	Block1                        OptionNumber = 27
	Size2                         OptionNumber = 28
	QBlock2                       OptionNumber = 31
	ProxyURI                      OptionNumber = 35
	ProxyScheme                   OptionNumber = 39
	Size1                         OptionNumber = 60
	Echo                          OptionNumber = 252
	NoResponse                    OptionNumber = 258
	RequestTag                    OptionNumber = 292
	OCFAcceptContentFormatVersion OptionNumber = 2049
	OCFContentFormatVersion       OptionNumber = 2053
)

var optionTable = [...]OptionInfo{
	{IfMatch, 0, "If-Match", FormatOpaque, 0, 8, "", InRequest, InRequest | InResponse, "RFC 7252 §5.10.8.1"},
	{URIHost, 0, "Uri-Host", FormatString, 1, 255, "destination address", InRequest, 0, "RFC 7252 §5.10.1"},
	{ETag, 0, "ETag", FormatOpaque, 1, 8, "", InRequest | InResponse, InRequest, "RFC 7252 §5.10.6"},
	{IfNoneMatch, 0, "If-None-Match", FormatEmpty, 0, 0, "", InRequest, 0, "RFC 7252 §5.10.8.2"},
	{Observe, 0, "Observe", FormatUint, 0, 3, "", InRequest | InResponse, 0, "RFC 7641 §2"},
	{URIPort, 0, "Uri-Port", FormatUint, 0, 2, "destination port", InRequest, 0, "RFC 7252 §5.10.1"},
	{LocationPath, 0, "Location-Path", FormatString, 0, 255, "", InResponse, InRequest | InResponse, "RFC 7252 §5.10.7"},
	{OSCORE, 0, "OSCORE", FormatOpaque, 0, 255, "", InRequest | InResponse, 0, "RFC 8613 §2"},
	{URIPath, 0, "Uri-Path", FormatString, 0, 255, "", InRequest, InRequest | InResponse, "RFC 7252 §5.10.1"},
	{ContentFormatOption, 0, "Content-Format", FormatUint, 0, 2, "", InRequest | InResponse, 0, "RFC 7252 §5.10.3"},
	{MaxAge, 0, "Max-Age", FormatUint, 0, 4, "60", InResponse, 0, "RFC 7252 §5.10.5"},
	{URIQuery, 0, "Uri-Query", FormatString, 0, 255, "", InRequest, InRequest | InResponse, "RFC 7252 §5.10.1"},
	{HopLimit, 0, "Hop-Limit", FormatUint, 1, 1, "16", InRequest, 0, "RFC 8768 §3"},
	{Accept, 0, "Accept", FormatUint, 0, 2, "", InRequest, 0, "RFC 7252 §5.10.4"},
	{QBlock1, 0, "Q-Block1", FormatUint, 0, 3, "", InRequest | InResponse, 0, "RFC 9177 §4"},
	{LocationQuery, 0, "Location-Query", FormatString, 0, 255, "", InResponse, InRequest | InResponse, "RFC 7252 §5.10.7"},
	{EDHOC, 0, "EDHOC", FormatEmpty, 0, 0, "", InRequest, 0, "RFC 9668 §3.1"},
	{Block2, 0, "Block2", FormatUint, 0, 3, "", InRequest | InResponse, 0, "RFC 7959 §2.1"},
	{Block1, 0, "Block1", FormatUint, 0, 3, "", InRequest | InResponse, 0, "RFC 7959 §2.1"},
	{Size2, 0, "Size2", FormatUint, 0, 4, "", InRequest | InResponse, 0, "RFC 7959 §4"},
	{QBlock2, 0, "Q-Block2", FormatUint, 0, 3, "", InRequest | InResponse, InRequest | InResponse, "RFC 9177 §4"},
	{ProxyURI, 0, "Proxy-Uri", FormatString, 1, 1034, "", InRequest, 0, "RFC 7252 §5.10.2"},
	{ProxyScheme, 0, "Proxy-Scheme", FormatString, 1, 255, "", InRequest, 0, "RFC 7252 §5.10.2"},
	{Size1, 0, "Size1", FormatUint, 0, 4, "", InRequest | InResponse, 0, "RFC 7959 §4"},
	{Echo, 0, "Echo", FormatOpaque, 1, 40, "", InRequest | InResponse, 0, "RFC 9175 §2.2.1"},
	{NoResponse, 0, "No-Response", FormatUint, 0, 1, "0", InRequest, 0, "RFC 7967 §2"},
	{RequestTag, 0, "Request-Tag", FormatOpaque, 0, 8, "", InRequest, InRequest | InResponse, "RFC 9175 §3.2.1"},
	{OCFAcceptContentFormatVersion, 0, "OCF-Accept-Content-Format-Version", FormatUint, 0, 2, "", InRequest, 0, "OCF Core"},
	{OCFContentFormatVersion, 0, "OCF-Content-Format-Version", FormatUint, 0, 2, "", InRequest | InResponse, 0, "OCF Core"},
}

// Options of signalling messages; each code has a number space of its own (RFC 8323 §5.2).
const (
	MaxMessageSize      OptionNumber = 2
	BlockWiseTransfer   OptionNumber = 4
	ExtendedTokenLength OptionNumber = 6
	Custody             OptionNumber = 2
	AlternativeAddress  OptionNumber = 2
	HoldOff             OptionNumber = 4
	BadCSMOption        OptionNumber = 2
)

var signalingOptionTable = [...]OptionInfo{
	{MaxMessageSize, CSM, "Max-Message-Size", FormatUint, 0, 4, "1152", InSignaling, 0, "RFC 8323 §5.3.1"},
	{BlockWiseTransfer, CSM, "Block-Wise-Transfer", FormatEmpty, 0, 0, "", InSignaling, 0, "RFC 8323 §5.3.2"},
	{ExtendedTokenLength, CSM, "Extended-Token-Length", FormatUint, 0, 3, "8", InSignaling, 0, "RFC 8974 §2.2.1"},
	{Custody, Ping, "Custody", FormatEmpty, 0, 0, "", InSignaling, 0, "RFC 8323 §5.4.1"},
	{Custody, Pong, "Custody", FormatEmpty, 0, 0, "", InSignaling, 0, "RFC 8323 §5.4.1"},
	{AlternativeAddress, Release, "Alternative-Address", FormatString, 1, 255, "", InSignaling, InSignaling, "RFC 8323 §5.5"},
	{HoldOff, Release, "Hold-Off", FormatUint, 0, 3, "", InSignaling, 0, "RFC 8323 §5.5"},
	{BadCSMOption, Abort, "Bad-CSM-Option", FormatUint, 0, 2, "", InSignaling, 0, "RFC 8323 §5.6"},
}
