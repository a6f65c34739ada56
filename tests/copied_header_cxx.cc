/* SPDX-License-Identifier: MIT
 * copied_header_cxx.cc - copied_header.c in C++: call sites in inline functions, templates and
 * lambdas must not pin the library in the process.
 */
#define RILL_TRACE_EVENT_STANDALONE
#include <rill/trace_event.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

inline void in_an_inline_function(int n)
{
	TRACE_EVENT1("copied", "inline", "text", std::string("s") + (char)('0' + n));
}

class Json : public rill::ConvertableToTraceFormat {
public:
	void AppendAsTraceFormat(std::string *out) const override { *out += "[1,2]"; }
};

template <class T> void in_a_template(T value)
{
	auto lambda = [value]() {
		TRACE_EVENT_INSTANT1("copied", "lambda", TRACE_EVENT_SCOPE_THREAD, "v", value);
	};

	lambda();
}

EXPORT int copied_connect(const struct rill_trace_event_api *api)
{
	return rill_trace_event_connect(api);
}

EXPORT int copied_work(void (*inside)(void))
{
	in_an_inline_function(1);
	if (inside)
		inside();
	in_a_template(2);
	in_a_template(2.5);
	TRACE_EVENT_INSTANT1("copied", "object", TRACE_EVENT_SCOPE_THREAD, "v",
			     std::unique_ptr<Json>(new Json));
	return 0;
}
