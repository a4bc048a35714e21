#include "analysis/internal/stop_words.h"

namespace blasty::analysis::internal {

constinit const std::string_view kStopRussian =
    "и в во не что он на я с со как а то все всё она так его но да ты к ко у же вы за бы по ее её "
    "мне меня мной мой моя моё мои из изо ему нет о об обо от ото для до при про без под над "
    "перед между через если или ни ли быть был была было были есть буду будет будут него нее неё "
    "ней нём нем нам нас наш наша наше наши вам вас ваш ваша ваше ваши их им ими них ним тебя "
    "тебе твой твоя себя себе собой кто кого кому кем чего чему чем какой какая какое какие "
    "который которая которое которые где куда когда почему зачем здесь там тут туда тот та те тем "
    "того тому этот эта это эти этого этому этом этой этих сам сама сами свой своя своё свои весь "
    "вся всего всех уже еще ещё только лишь тоже также очень можно мы они чтобы потому раз";

constinit const std::string_view kStopBulgarian =
    "и в във на не че се да за с със от по до при под над пред след между през без към а но или "
    "ни нито ако като как какво какъв каква какви кой коя кое кои кого чий къде кога защо аз ме "
    "мен ми мой моя мое мои ти те теб твой твоя той го него му негов тя я нея й неин то ние нас "
    "наш наша ви вие вас ваш ваша ги тях им техен си себе този тази това тези онзи онази онова "
    "онези такъв такава такова такива съм е сме сте са бях беше бяхме бяха бъде бъдат бил била "
    "било били ще би има няма вече още само също много най там тук тогава сега така всеки всичко "
    "всички друг друга други";

constinit const std::string_view kStopCzech =
    "a i o u v ve na s se k ke z ze do od po pro při před přes pod nad mezi bez za ale nebo ani "
    "že aby když kde kdy jak proč protože jestli zda co kdo který která které kteří jaký jaká "
    "jaké čí já mě mne mi mně můj moje má mé ty tě tebe ti tobě tvůj on ona ono jej ho jeho ji jí "
    "její jemu mu my nás nám náš naše vy vás vám váš vaše oni ony je jich jim jejich si sebe sobě "
    "svůj své ten ta to tento tato toto tito tyto tam tady zde tak takový také též už ještě jen "
    "jenom pouze velmi více ne ano jsem jsi jsme jste jsou byl byla bylo byli byly být bude budou "
    "by bych bychom není nejsou mají mít všechen všechno všichni každý jiný jiná jiné";

constinit const std::string_view kStopPolish =
    "a i o u w we na z ze do od po pod nad przed przez przy za dla bez między ku oraz lub albo "
    "ani ale lecz że żeby aby jeśli jeżeli gdy kiedy gdzie jak dlaczego bo ponieważ czy co kto "
    "kogo komu który która które którzy jaki jaka jakie czyj ja mnie mi mną mój moja moje ty "
    "ciebie cię ci tobie twój twoja on ona ono go jego jemu mu ją jej nim nią my nas nam nami "
    "nasz nasza nasze wy was wam wasz wasza oni one ich im nimi się sobie siebie swój swoja swoje "
    "ten ta to te tego tej tym tych tam tu tutaj tak taki taka takie też także już jeszcze tylko "
    "bardzo więcej nie jestem jesteś jest jesteśmy są był była było byli były być będzie będą by "
    "ma mają mieć wszystko wszyscy każdy każda inny inna inne";

constinit const std::string_view kStopCroatian =
    "i a ali ili ni niti da ne u na s sa k ka o od do iz za po pod nad pred pri prema kroz između "
    "bez kao kako kad kada gdje zašto jer ako li što šta tko ko koji koja koje kojeg kojem koju "
    "čiji ja me mene mi meni moj moja moje ti te tebe tebi tvoj tvoja on ona ono ga njega mu "
    "njemu je nju joj njoj njegov njezin njen nas nam naš naša vi vas vam vaš vaša oni one ih "
    "njih im njima njihov se sebe sebi svoj svoja svoje ovaj ova ovo ovi ove taj ta to onaj tamo "
    "tu ovdje tako takav također već još samo vrlo više sam si smo ste su bio bila bilo bili bile "
    "biti bit bih bi bismo će ću ćeš ćemo nije nisu nisam ima imaju sve svi svaki drugi druga "
    "drugo";

constinit const std::string_view kStopSerbian =
    "и а али или ни нити да не у на с са к ка о од до из за по под над пред при према кроз између "
    "без као како кад када где зашто јер ако ли што шта ко који која које ја ме мене ми мени мој "
    "ти те тебе теби твој он она оно га њега му њему је њу јој његов њен нас нам наш ви вас вам "
    "ваш они оне их њих им њима њихов се себе себи свој овај ова ово ови ове тај та то онај тамо "
    "ту овде тако већ још само врло више сам си смо сте су био била било били бити бих би ће ћу "
    "није нису има све сви i a ali ili ni niti da ne u na s sa k o od do iz za po pod nad pred "
    "pri prema kroz između bez kao kako kad kada gde zašto jer ako li što šta ko koji koja koje "
    "ja me mene mi meni moj ti te tebe tebi tvoj on ona ono ga njega mu njemu je nju joj nas nam "
    "naš vi vas vam vaš oni one ih njih im njima njihov se sebe sebi svoj ovaj ova ovo ovi ove "
    "taj ta to onaj tamo tu ovde tako već još samo vrlo više sam si smo ste su bio bila bilo bili "
    "biti bih bi će ću nije nisu ima sve svi";

}  // namespace blasty::analysis::internal
