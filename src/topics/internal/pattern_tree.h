// Values of patterns, found by the names that the patterns match without looking at the others.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace blasty::topics::internal {

// A tree of tokens; `*` and `>` are tokens like others. Patterns and names are those that passed
// their checks (names.h), so depth is bounded. Not thread-safe.
template <typename Value>
class PatternTree {
  public:
    bool empty() const { return root_.children.empty(); }

    // The value of `pattern`, made when there is none. It stays where it is until it is erased.
    Value& At(std::string_view pattern) {
        Node* node = &root_;
        for (Tokens tokens{pattern}; !tokens.done();) {
            std::unique_ptr<Node>& child = node->children[Key(tokens.Take())];
            if (!child) child = std::make_unique<Node>();
            node = child.get();
        }
        if (!node->value) node->value.emplace();
        return *node->value;
    }

    Value* Find(std::string_view pattern) {
        Node* node = &root_;
        for (Tokens tokens{pattern}; node != nullptr && !tokens.done();) {
            node = Child(*node, tokens.Take());
        }
        return node != nullptr && node->value ? &*node->value : nullptr;
    }

    void Erase(std::string_view pattern) { EraseFrom(root_, Tokens{pattern}); }

    // Calls `visit(Value&)` for each pattern that matches `name`, as Matches(pattern, name) says.
    template <typename Visit>
    void ForEachMatch(std::string_view name, const Visit& visit) {
        Walk(root_, Tokens{name}, visit);
    }

  private:
    struct Node {
        absl::flat_hash_map<std::string, std::unique_ptr<Node>> children;
        std::optional<Value> value;  // of the pattern that ends here
    };

    struct Tokens {
        std::string_view rest;
        bool ended = false;
        bool done() const { return ended; }
        std::string_view Take() {
            const size_t end = std::min(rest.find('.'), rest.size());
            const std::string_view token = rest.substr(0, end);
            ended = end == rest.size();
            if (!ended) rest.remove_prefix(end + 1);
            return token;
        }
    };

    static absl::string_view Key(std::string_view token) { return {token.data(), token.size()}; }

    static Node* Child(Node& node, std::string_view token) {
        const auto found = node.children.find(Key(token));
        return found == node.children.end() ? nullptr : found->second.get();
    }

    template <typename Visit>
    static void Walk(Node& node, Tokens tokens, const Visit& visit) {
        if (tokens.done()) {
            if (node.value) visit(*node.value);
            return;
        }
        if (Node* rest = Child(node, ">"); rest != nullptr && rest->value) visit(*rest->value);
        const std::string_view token = tokens.Take();
        if (Node* exact = Child(node, token)) Walk(*exact, tokens, visit);
        if (Node* any = Child(node, "*")) Walk(*any, tokens, visit);
    }

    // Also drops nodes that lead nowhere any more. True when `node` is one.
    static bool EraseFrom(Node& node, Tokens tokens) {
        if (tokens.done()) {
            node.value.reset();
        } else {
            const std::string_view token = tokens.Take();
            Node* child = Child(node, token);
            if (child != nullptr && EraseFrom(*child, tokens)) node.children.erase(Key(token));
        }
        return !node.value && node.children.empty();
    }

    Node root_;
};

}  // namespace blasty::topics::internal
