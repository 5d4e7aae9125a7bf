package malform

import (
	"slices"
	"strings"

	"coapscope/protocol"
)

var formatPresets = []Preset{
	{
		"delta-15", FormatGroup, "Option delta 15", "The byte 0xf0 is no payload marker, and an option cannot have delta 15.",
		"RFC 7252 §3.1", ended([]byte{0xf0}),
	},
	{
		"length-15", FormatGroup, "Option length 15", "Option length 15 is reserved.",
		"RFC 7252 §3.1", ended([]byte{0x0f, 0, 0, 0}),
	},
	{
		"delta-13-cut-off", FormatGroup, "Option delta 13, cut off", "The message ends where the extended delta should be.",
		"RFC 7252 §3.1", ended([]byte{0xd0}),
	},
	{
		"delta-14-cut-off", FormatGroup, "Option delta 14, cut off", "The message ends within the extended delta.",
		"RFC 7252 §3.1", ended([]byte{0xe0, 0}),
	},
	{
		"length-13-cut-off", FormatGroup, "Option length 13, cut off", "The message ends where the extended length should be.",
		"RFC 7252 §3.1", ended([]byte{0x0d}),
	},
	{
		"length-14-cut-off", FormatGroup, "Option length 14, cut off", "The message ends within the extended length.",
		"RFC 7252 §3.1", ended([]byte{0x0e, 0}),
	},
	{
		"value-cut-off", FormatGroup, "Option value cut off", "The last option says that its value has 9 bytes, and 3 are there.",
		"RFC 7252 §3.1", ended([]byte{0x09, 'a', 'b', 'c'}),
	},
	{
		"number-overflow", FormatGroup, "Option number over 65535", "The deltas add up to more than an option number can be.",
		"RFC 7252 §12.2", ended([]byte{0xe0, 0xff, 0xff}),
	},
	{
		"marker-without-payload", FormatGroup, "Marker without payload", "The payload marker is the last byte.",
		"RFC 7252 §3", ended([]byte{protocol.PayloadMarker}),
	},
}

var criticalPresets = []Preset{
	{
		"critical-unknown", CriticalGroup, "Unknown critical option", "Option 65001 is critical, for experiments, and known to nobody.",
		"RFC 7252 §5.4.1", withOption(65001, "?"),
	},
	{
		"uri-port-3-bytes", CriticalGroup, "Uri-Port of 3 bytes", "Uri-Port has 0 to 2 bytes.",
		"RFC 7252 §5.4.3", withOption(protocol.URIPort, "\x01\x16\x33"),
	},
	{
		"uri-host-empty", CriticalGroup, "Uri-Host, empty", "Uri-Host has 1 to 255 bytes.",
		"RFC 7252 §5.4.3", withOption(protocol.URIHost, ""),
	},
	{
		"uri-host-256-bytes", CriticalGroup, "Uri-Host of 256 bytes", "Uri-Host has 1 to 255 bytes.",
		"RFC 7252 §5.4.3", withOption(protocol.URIHost, strings.Repeat("h", 256)),
	},
	{
		"uri-path-256-bytes", CriticalGroup, "Uri-Path of 256 bytes", "A path segment has 255 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.URIPath, strings.Repeat("p", 256)),
	},
	{
		"uri-query-256-bytes", CriticalGroup, "Uri-Query of 256 bytes", "An argument has 255 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.URIQuery, strings.Repeat("q", 256)),
	},
	{
		"if-match-9-bytes", CriticalGroup, "If-Match of 9 bytes", "If-Match has 8 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.IfMatch, "123456789"),
	},
	{
		"if-none-match-value", CriticalGroup, "If-None-Match with a value", "If-None-Match has no value.",
		"RFC 7252 §5.4.3", withOption(protocol.IfNoneMatch, "x"),
	},
	{
		"accept-3-bytes", CriticalGroup, "Accept of 3 bytes", "Accept has 2 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.Accept, "\x00\x00\x32"),
	},
	{
		"block2-4-bytes", CriticalGroup, "Block2 of 4 bytes", "Block2 has 3 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.Block2, "\x00\x00\x00\x06"),
	},
	{
		"uri-port-twice", CriticalGroup, "Uri-Port twice", "Uri-Port is not repeatable.",
		"RFC 7252 §5.4.5", withOption(protocol.URIPort, "\x16\x33", "\x16\x33"),
	},
	{
		"accept-twice", CriticalGroup, "Accept twice", "Accept is not repeatable.",
		"RFC 7252 §5.4.5", withOption(protocol.Accept, "", "\x28"),
	},
	{
		"if-none-match-twice", CriticalGroup, "If-None-Match twice", "If-None-Match is not repeatable.",
		"RFC 7252 §5.4.5", withOption(protocol.IfNoneMatch, "", ""),
	},
}

var electivePresets = []Preset{
	{
		"elective-unknown", ElectiveGroup, "Unknown elective option", "Option 65000 is elective, for experiments, and known to nobody.",
		"RFC 7252 §5.4.1", withOption(65000, "?"),
	},
	{
		"option-0", ElectiveGroup, "Option number 0", "Number 0 is reserved.",
		"RFC 7252 §12.2", withOption(0, "?"),
	},
	{
		"content-format-3-bytes", ElectiveGroup, "Content-Format of 3 bytes", "Content-Format has 2 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.ContentFormatOption, "\x00\x00\x32"),
	},
	{
		"etag-9-bytes", ElectiveGroup, "ETag of 9 bytes", "ETag has 1 to 8 bytes.",
		"RFC 7252 §5.4.3", withOption(protocol.ETag, "123456789"),
	},
	{
		"etag-empty", ElectiveGroup, "ETag, empty", "ETag has 1 to 8 bytes.",
		"RFC 7252 §5.4.3", withOption(protocol.ETag, ""),
	},
	{
		"observe-4-bytes", ElectiveGroup, "Observe of 4 bytes", "Observe has 3 bytes at most.",
		"RFC 7252 §5.4.3", withOption(protocol.Observe, "\x00\x00\x00\x00"),
	},
	{
		"content-format-twice", ElectiveGroup, "Content-Format twice", "Content-Format is not repeatable.",
		"RFC 7252 §5.4.5", withOption(protocol.ContentFormatOption, "", "\x32"),
	},
	{
		"max-age-in-request", ElectiveGroup, "Max-Age in a request", "Max-Age belongs to responses.",
		"RFC 7252 §5.4", withOption(protocol.MaxAge, "\x3c"),
	},
	{
		"location-in-request", ElectiveGroup, "Location-Path in a request", "Location-Path belongs to responses.",
		"RFC 7252 §5.4", withOption(protocol.LocationPath, "elsewhere"),
	},
	{
		"observe-put", ElectiveGroup, "Observe with PUT", "Observe means something with GET and FETCH only.",
		"RFC 7641 §2", withMethod(protocol.PUT, "1", func(m *protocol.Message) {
			set(m, protocol.Observe, "")
			set(m, protocol.ContentFormatOption, "")
		}),
	},
	{
		"observe-2", ElectiveGroup, "Observe 2", "Observe is 0 to register and 1 to deregister.",
		"RFC 7641 §2", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Observe, "\x02") }),
	},
	{
		"size2-in-request", ElectiveGroup, "Size2 of 7 in a request", "Size2 in a request is 0: it asks for the size.",
		"RFC 7959 §4", withOption(protocol.Size2, "\x07"),
	},
	{
		"hop-limit-0", ElectiveGroup, "Hop-Limit 0", "Hop-Limit is from 1 to 255. The option is elective, and who knows it rejects 0.",
		"RFC 8768 §3", withOption(protocol.HopLimit, "\x00"),
	},
	{
		"hop-limit-2-bytes", ElectiveGroup, "Hop-Limit of 2 bytes", "Hop-Limit has one byte.",
		"RFC 8768 §3", withOption(protocol.HopLimit, "\x01\x00"),
	},
	{
		"no-response-all", ElectiveGroup, "No-Response to all", "Nothing: no response of any class is wanted.",
		"RFC 7967 §2.1", withOption(protocol.NoResponse, "\x1a"),
	},
	{
		"no-response-bits", ElectiveGroup, "No-Response with bits without a meaning", "Of the bits of No-Response only three mean something.",
		"RFC 7967 §2.1", withOption(protocol.NoResponse, "\x05"),
	},
	{
		"etag-put", ElectiveGroup, "ETag with PUT", "ETag in a request belongs to GET and FETCH; a condition is If-Match.",
		"RFC 7252 §5.10.6.2", withMethod(protocol.PUT, "1", func(m *protocol.Message) {
			set(m, protocol.ETag, "\x01")
			set(m, protocol.ContentFormatOption, "")
		}),
	},
}

var valuePresets = []Preset{
	{
		"uint-leading-zeros", ValueGroup, "Number with leading zeros", "The number 0 is sent as no byte. Here Accept 0, text, has two.",
		"RFC 7252 §3.2", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Accept, "\x00\x00") }),
	},
	{
		"uri-path-not-utf-8", ValueGroup, "Uri-Path that is not UTF-8", "Texts in options are UTF-8.",
		"RFC 7252 §3.2", withOption(protocol.URIPath, "\xc3\x28"),
	},
	{
		"dot-segment", ValueGroup, "Path segment ..", `A path segment must not be "." or "..".`,
		"RFC 7252 §5.10.1", changedRequest(func(m *protocol.Message) { m.Options = m.Options.Add(protocol.URIPath, []byte("..")) }),
	},
	{
		"uri-path-with-slash", ValueGroup, "Path in one segment", "Each segment is an option of its own; a slash within one stands for %2F.",
		"RFC 7252 §6.4", changedRequest(func(m *protocol.Message) {
			path := strings.Join(m.Options.Strings(protocol.URIPath), "/")
			if !strings.Contains(path, "/") {
				path += "/"
			}
			set(m, protocol.URIPath, path)
		}),
	},
	{
		"uri-query-with-ampersand", ValueGroup, "Query in one argument", "Each argument is an option of its own; & within one stands for %26.",
		"RFC 7252 §6.4", withOption(protocol.URIQuery, "a=1&b=2"),
	},
	{
		"uri-host-upper-case", ValueGroup, "Uri-Host in capitals", "Hosts are written in lower case.",
		"RFC 7252 §6.4", withOption(protocol.URIHost, "EXAMPLE.invalid"),
	},
	{
		"accept-unavailable", ValueGroup, "Accept what nobody has", "Content format 65000 is for experiments: no server has it.",
		"RFC 7252 §5.10.4", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Accept, "\xfd\xe8") }),
	},
	{
		"content-format-unsupported", ValueGroup, "Content-Format nobody takes", "Content format 65000 is for experiments: no server takes it.",
		"RFC 7252 §5.9.2.10", withMethod(protocol.PUT, "?", func(m *protocol.Message) { set(m, protocol.ContentFormatOption, "\xfd\xe8") }),
	},
	{
		"proxy-uri", ValueGroup, "Proxy-Uri", "The peer is asked to be a proxy, for a host that cannot exist.",
		"RFC 7252 §5.10.2", proxied("coap://host.invalid/"),
	},
	{
		"proxy-uri-empty", ValueGroup, "Proxy-Uri, empty", "Proxy-Uri has 1 to 1034 bytes.",
		"RFC 7252 §5.4.3", proxied(""),
	},
	{
		"proxy-uri-relative", ValueGroup, "Proxy-Uri that is relative", "Proxy-Uri is an absolute URI.",
		"RFC 7252 §5.10.2", proxied("/path"),
	},
	{
		"proxy-uri-beside-uri", ValueGroup, "Proxy-Uri beside Uri-Path", "Proxy-Uri stands alone; it takes precedence over the Uri options.",
		"RFC 7252 §5.10.2", changedRequest(func(m *protocol.Message) {
			set(m, protocol.ProxyURI, "coap://host.invalid/")
			if !m.Options.Has(protocol.URIPath) {
				set(m, protocol.URIPath, "path")
			}
		}),
	},
	{
		"proxy-scheme", ValueGroup, "Proxy-Scheme", "The peer is asked to be a proxy, for a host that cannot exist.",
		"RFC 7252 §5.10.2", changedRequest(func(m *protocol.Message) {
			set(m, protocol.URIHost, "host.invalid")
			set(m, protocol.ProxyScheme, "coap")
		}),
	},
	{
		"proxy-scheme-beside-proxy-uri", ValueGroup, "Proxy-Scheme beside Proxy-Uri", "Proxy-Uri has the scheme already.",
		"RFC 7252 §5.10.2", changedRequest(func(m *protocol.Message) {
			withoutURI(m)
			set(m, protocol.ProxyURI, "coap://host.invalid/")
			set(m, protocol.ProxyScheme, "coap")
		}),
	},
	{
		"proxy-scheme-alone", ValueGroup, "Proxy-Scheme without Uri-Host", "Without Uri-Host the URI is one of the peer itself.",
		"RFC 7252 §5.10.2", changedRequest(func(m *protocol.Message) {
			set(m, protocol.URIHost)
			set(m, protocol.ProxyScheme, "http")
		}),
	},
	{
		"both-conditions", ValueGroup, "If-Match and If-None-Match", "Both conditions together are never fulfilled.",
		"RFC 7252 §5.10.8.2", withMethod(protocol.PUT, "1", func(m *protocol.Message) {
			set(m, protocol.IfMatch, "")
			set(m, protocol.IfNoneMatch, "")
			set(m, protocol.ContentFormatOption, "")
		}),
	},
	{
		"if-none-match-get", ValueGroup, "If-None-Match with GET", "It lets a GET through only where there is nothing to get.",
		"RFC 7252 §5.10.8.2", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.IfNoneMatch, "") }),
	},
}

// withoutURI takes out what Proxy-Uri stands for.
func withoutURI(m *protocol.Message) {
	m.Options = slices.DeleteFunc(m.Options, func(o protocol.Option) bool {
		return o.Number == protocol.URIHost || o.Number == protocol.URIPort || o.Number == protocol.URIPath || o.Number == protocol.URIQuery
	})
}

func proxied(uri string) maker {
	return changedRequest(func(m *protocol.Message) {
		withoutURI(m)
		set(m, protocol.ProxyURI, uri)
	})
}
