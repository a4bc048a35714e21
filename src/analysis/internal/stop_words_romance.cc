#include "analysis/internal/stop_words.h"

namespace blasty::analysis::internal {

constinit const std::string_view kStopFrench =
    "le la les l un une des du de d au aux à a et ou où mais donc or ni car que qu qui quoi dont "
    "lequel laquelle lesquels lesquelles ce cet cette ces c ça cela ceci celui celle ceux celles "
    "je j me m moi mon ma mes tu te t toi ton ta tes il elle on se s soi son sa ses lui nous "
    "notre nos vous votre vos ils elles leur leurs eux y en ne n pas plus non si comme quand quel "
    "quelle quels quelles dans par pour sur sous avec sans entre vers chez contre depuis pendant "
    "avant après jusque jusqu même aussi très trop peu tout toute tous toutes être suis es est "
    "sommes êtes sont étais était étions étiez étaient sera seront serait étant été ai as avons "
    "avez ont avais avait avions avaient aura auront aurait ayant eu fait faire peut";

constinit const std::string_view kStopSpanish =
    "el la los las lo un una unos unas de del a al y e o u ni pero sino que qué quien quién "
    "quienes cual cuál cuales cuyo cuya como cómo cuando cuándo donde dónde porque por para con "
    "sin sobre entre hacia hasta desde en ante bajo contra durante según si sí no yo me mí mi mis "
    "conmigo tú te ti tu tus él ella ello se su sus le les nosotros nosotras nos nuestro nuestra "
    "nuestros nuestras vosotros vosotras os vuestro vuestra ellos ellas usted ustedes este esta "
    "esto estos estas ese esa eso esos esas aquel aquella aquello aquellos aquellas muy más menos "
    "mucho mucha muchos muchas poco ya también tampoco todo toda todos todas otro otra otros "
    "otras algo alguien nada nadie ser soy eres es somos son era eran fue fueron sea sean siendo "
    "sido estar estoy está están estaba estaban haber he has ha hemos han había habían hay";

constinit const std::string_view kStopItalian =
    "il lo la i gli le l un uno una di del dello della dei degli delle dell a al allo alla ai "
    "agli alle all da dal dallo dalla dai dagli dalle dall in nel nello nella nei negli nelle "
    "nell su sul sullo sulla sui sugli sulle sull con per tra fra e ed o od ma se che chi cui "
    "come dove quando perché perchè quale quali quanto quanta quanti quante io mi me mio mia miei "
    "mie tu ti te tuo tua tuoi tue egli lui lei si sé suo sua suoi sue noi ci nostro nostra "
    "nostri nostre voi vi vostro vostra vostri vostre essi loro ne non più anche ancora già solo "
    "molto poco tutto tutta tutti tutte questo questa questi queste quello quella quelli quelle c "
    "è sono sei siamo siete era erano fu furono sia siano essere stato stata ho hai ha abbiamo "
    "avete hanno aveva avevano avere";

constinit const std::string_view kStopPortuguese =
    "o a os as um uma uns umas de do da dos das em no na nos nas num numa ao à aos às por pelo "
    "pela pelos pelas para com sem sob sobre entre até desde e ou mas nem que quem qual quais "
    "cujo como quando onde porque porquê se não sim eu me mim meu minha meus minhas tu te ti teu "
    "tua teus tuas ele ela lhe lhes seu sua seus suas nós nosso nossa nossos nossas vós vos você "
    "vocês eles elas este esta estes estas isto esse essa esses essas isso aquele aquela aqueles "
    "aquelas aquilo muito muita muitos muitas mais menos já também só mesmo todo toda todos todas "
    "outro outra ser sou és é somos são era eram foi foram seja sejam sido estar estou está estão "
    "estava ter tenho tem têm temos tinha tinham haver há havia";

constinit const std::string_view kStopCatalan =
    "el la els les l en na un una uns unes de d del dels a al als per pel pels amb sense sobre "
    "sota entre fins des cap contra i o ni però sinó que qui què qual quals com quan on perquè si "
    "sí no jo em m me mi meu meva meus meves tu et t te teu teva teus teves ell ella es s se seu "
    "seva seus seves li nosaltres ens nostre nostra nostres vosaltres us vostre vostra vostres "
    "ells elles hi ho ne n aquest aquesta aquests aquestes aquell aquella aquells aquelles això "
    "allò molt molta molts moltes més menys ja també només tot tota tots totes altre altra altres "
    "ser sóc ets és som sou són era eren fou ha han he has hem havia havien haver està estan";

constinit const std::string_view kStopGalician =
    "o a os as un unha uns unhas de do da dos das en no na nos nas nun nunha ao á aos ás por polo "
    "pola polos polas para con sen so sobre entre ata desde e ou mais pero nin que quen cal cales "
    "como cando onde porque se si non eu me min meu miña meus miñas ti te teu túa teus túas el "
    "ela lle lles seu súa seus súas nós noso nosa vós vos voso vosa eles elas este esta estes "
    "estas isto ese esa eses esas iso aquel aquela aqueles aquelas aquilo moi moito moita moitos "
    "moitas máis menos xa tamén só todo toda todos todas outro outra ser son es é somos era eran "
    "foi foron sexa estar está están estaba ter teño ten teñen tiña haber hai había";

constinit const std::string_view kStopRomanian =
    "un o unui unei unor al a ai ale lui de din la în pe cu fără pentru prin spre sub peste între "
    "după până despre către și sau dar iar ci nici că să dacă ca cum când unde care cine ce cui "
    "căruia cărei cărora nu da eu mă mie îmi mi meu mea mei mele tu te ție îți ți tău ta tăi tale "
    "el ea îl îi i se își său sa săi sale noi ne nouă nostru noastră noștri noastre voi vă vouă "
    "vostru voastră ei ele le lor acest această aceste acești acesta aceasta acestea aceștia acel "
    "acea acele acei aceea mai foarte tot toată toți toate alt altă alți alte doar chiar deja "
    "sunt ești este e suntem sunteți era erau fi fost fie am are avem aveți au avea";

}  // namespace blasty::analysis::internal
